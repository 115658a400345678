"""Keys of EncryptionConfigurations, and the rolls by which one takes another's place."""

import json
from itertools import pairwise

import yaml
from hypothesis import given
from hypothesis import strategies as st

from rke_py.pki.encryption import UNENCRYPTED, EncryptionChange, Key, configuration, keys_of
from rke_py.pki.rotation import Phase

_KEYS = [
    UNENCRYPTED,
    *(
        Key(provider=provider, name=name, section=json.dumps({"keys": [{"name": name, "secret": f"{name}{provider}"}]}))
        for provider in ("aescbc", "secretbox")
        for name in ("a", "b")
    ),
    Key(provider="kms", name="plugin", section=json.dumps({"apiVersion": "v2", "name": "plugin"})),
]
_LISTS = st.lists(st.sampled_from(_KEYS), min_size=1, unique=True).map(tuple)
_CONFIGURATIONS = st.dictionaries(st.sampled_from(["secrets", "configmaps", "deployments.apps"]), _LISTS)


def text(keys):
    return yaml.safe_dump(configuration(keys)) if keys else ""


def keys(found, resource):
    return found.get(resource, (UNENCRYPTED,))


@given(_CONFIGURATIONS)
def test_keys_survive_their_text(found):
    assert keys_of(text(found)) == found


@given(_CONFIGURATIONS, _CONFIGURATIONS)
def test_whoever_writes_in_a_roll_is_read_in_that_and_the_ones_beside_it(old, new):
    change = EncryptionChange(old=text(old), new=text(new))
    rolls = [old, change.keys(Phase.TRUST), change.keys(Phase.ISSUE), new]
    for resource in old.keys() | new.keys():
        for one, other in pairwise(rolls):
            assert keys(one, resource)[0] in keys(other, resource)
            assert keys(other, resource)[0] in keys(one, resource)
        assert set(keys(old, resource)) <= set(keys(rolls[2], resource))
        assert keys(rolls[1], resource)[0] == keys(old, resource)[0]
        assert keys(rolls[2], resource)[0] == keys(new, resource)[0]


@given(_CONFIGURATIONS, _CONFIGURATIONS)
def test_what_loses_a_key_is_written_anew_with_one_that_stays(old, new):
    change = EncryptionChange(old=text(old), new=text(new))
    for resource in old.keys() | new.keys():
        lost = set(keys(old, resource)) - set(keys(new, resource))
        assert not lost or change.rewritten[resource] == keys(new, resource)[0]


def test_values_begin_with_provider_version_and_name():
    found = keys_of(text({"secrets": tuple(_KEYS)}))["secrets"]
    assert [key.prefix for key in found] == [
        "",
        "k8s:enc:aescbc:v1:a:",
        "k8s:enc:aescbc:v1:b:",
        "k8s:enc:secretbox:v1:a:",
        "k8s:enc:secretbox:v1:b:",
        "k8s:enc:kms:v2:plugin:",
    ]


def test_a_key_server_with_other_settings_is_the_same_one():
    plugin = {"apiVersion": "v2", "name": "plugin", "timeout": "3s"}
    slow, quick = (
        yaml.safe_dump({"resources": [{"resources": ["secrets"], "providers": [{"kms": {**plugin, "timeout": t}}]}]})
        for t in ("9s", "3s")
    )
    change = EncryptionChange(old=slow, new=quick)
    assert change.keys(Phase.TRUST) == change.keys(Phase.ISSUE) == keys_of(quick)
    assert not change.rewritten
    assert not change.dropped


def test_what_cannot_be_an_encryption_has_no_keys():
    assert keys_of("resources: [7, {resources: [secrets], providers: nothing}]") == {"secrets": ()}
