from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.cli.redaction import MASK, Redactor

PEM = "-----BEGIN PRIVATE KEY-----\nMHcCAQEEIBmFfmx0\nAwEHoUQDQgAEzzzz\n-----END PRIVATE KEY-----\n"


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    redactor.protect(secrets)
    return redactor


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        pytest.param("hunter2-hunter2", "login hunter2-hunter2 refused", f"login {MASK} refused", id="long"),
        pytest.param("s3cr", "a s3cr b", f"a {MASK} b", id="short"),
        pytest.param("yes", "yes", "yes", id="too-short-to-mask"),
        pytest.param("hunter2-hunter2", "hunter2-hunter2hunter2-hunter2", MASK * 2, id="twice-in-a-row"),
        pytest.param(PEM, "key MHcCAQEEIBmFfmx0", f"key {MASK}", id="one-line-of-pem"),
        pytest.param(PEM, f"got {PEM}", f"got {MASK}\n", id="whole-pem"),
        pytest.param(PEM, f"data: {b64encode(PEM.encode()).decode()}", f"data: {MASK}", id="pem-in-base64"),
        pytest.param(PEM, "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", id="pem-header-is-public"),
    ],
)
def test_a_known_secret_is_masked(secret, text, shown):
    assert knowing(secret).text(text) == shown


def test_the_longest_of_secrets_with_one_beginning_is_masked_whole():
    assert knowing("password", "password-and-more").text("password-and-more") == MASK


def test_secrets_may_become_known_later():
    redactor = knowing("first-secret")
    redactor.protect(["other-secret"])
    assert redactor.text("first-secret other-secret") == f"{MASK} {MASK}"


def test_texts_inside_a_json_value_are_masked():
    value = {"a": ["hunter2-hunter2", 1, None], "b": {"c": ("x hunter2-hunter2",)}}
    assert knowing("hunter2-hunter2").value(value) == {"a": [MASK, 1, None], "b": {"c": [f"x {MASK}"]}}


SECRETS = st.text(alphabet="abcXYZ0123456789+/=", min_size=4, max_size=40)


@given(st.lists(SECRETS, min_size=1, max_size=5), st.lists(st.text(alphabet="-. \n"), min_size=6, max_size=6))
def test_no_secret_is_left_in_any_text(secrets, between):
    text = "".join(gap + secret for gap, secret in zip(between, secrets, strict=False))
    shown = knowing(*secrets).text(text).replace(MASK, "|")
    assert not any(secret in shown for secret in secrets)


@given(st.text())
def test_a_text_without_secrets_stays_as_it_is(text):
    assert knowing("a-secret-that-nobody-draws").text(text) == text
