"""S3 over the network: who signs the requests, and what happens when the server goes away in the middle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from rke_py.tools.remote import Remote, S3Settings, config_of, s3_folder
from tests.kube.server import Issuer, server_context, serving

CONTENT = bytes(range(256)) * 40_000
NAME = "2026-11-27T01:00:00+00:00.db"


class Bucket:
    """An S3 with one file; it hangs up after so many bytes of an answer, as long as there are numbers."""

    def __init__(self) -> None:
        self.hangs_up: list[int] = []
        self.asked: list[tuple[str, str]] = []
        self.begins: list[int] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args) -> None:
                pass

            def do_HEAD(self) -> None:
                self._answer(b"")

            def do_GET(self) -> None:
                self._answer(CONTENT)

            def _answer(self, content: bytes) -> None:
                bucket.asked.append((self.path, self.headers["Authorization"]))
                given = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
                begin = int(given[1]) if given else 0
                self.send_response(206 if given else 200)
                self.send_header("Content-Length", str(len(CONTENT) - begin))
                if given:
                    self.send_header("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
                self.send_header("ETag", '"the-one"')
                self.send_header("Last-Modified", "Thu, 26 Nov 2026 03:00:00 GMT")
                self.end_headers()
                if not content:
                    return
                bucket.begins.append(begin)
                if not bucket.hangs_up:
                    self.wfile.write(content[begin:])
                    return
                self.wfile.write(content[begin : begin + bucket.hangs_up.pop(0)])
                self.close_connection = True

        return Handler


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def remote(bucket: Bucket, tmp_path: Path) -> Iterator[Remote]:
    """The folder ``f`` in it."""
    ca = Issuer("s3")
    context = server_context(ca.leaf("s3", "127.0.0.1"), None, tmp_path)
    with serving(bucket.handler(), context) as server:
        settings = S3Settings(
            endpoint=f"127.0.0.1:{server.port}",
            bucket_name="b",
            folder="f",
            access_key="AK",
            secret_key="SK",
            custom_ca=ca.ca().certificate,
        )
        yield s3_folder(settings)


def test_reading_goes_on_where_the_server_went_away(bucket, remote):
    bucket.hangs_up = [5_000_000, 1_000_000, 0]
    assert b"".join(remote.read(NAME)) == CONTENT
    assert len(bucket.begins) == 4
    assert bucket.begins == sorted(bucket.begins)
    assert bucket.begins[1] > 0, "what came is not read again"


def test_requests_name_the_file_and_are_signed_with_the_keys_that_are_given(bucket, remote):
    assert remote.size(NAME) == len(CONTENT)
    ((path, authorization),) = bucket.asked
    assert path == "/b/f/2026-11-27T01%3A00%3A00%2B00%3A00.db"
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AK/")


def test_without_keys_the_machines_own_role_signs():
    config = config_of(S3Settings(endpoint="s3.example", bucket_name="b"))
    assert config.keys() == {"endpoint", "region", "virtual_hosted_style_request", "checksum_algorithm"}
