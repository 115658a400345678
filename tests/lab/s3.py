"""An S3 with TLS on the spare host, which clusters of the others copy their snapshots to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.kube.server import Issuer
from vagrant.lab.images import REGISTRY

from .lab import SPARE, Lab

NAME, FOLDER, PORT = "owners-s3", "/srv/owners-s3", 7070
LOG = f"{FOLDER}/requests.log"
"""One line for each request that it has answered."""
ACCESS, SECRET, BUCKET = "backup-access", "backup-secret-4711", "snapshots"
SMALL = "small"
"""A bucket with less room than a snapshot needs."""


@contextmanager
def serving(lab: Lab) -> Iterator[Issuer]:
    """Run it, yield who signed its certificate, and take it away again."""
    ca, address = Issuer(NAME), lab.address(SPARE)
    own = ca.leaf("s3", address, "127.0.0.1")
    lab.run(SPARE, "mkdir", "-p", f"{FOLDER}/data/{BUCKET}", f"{FOLDER}/tls")
    for name, text in (("own", own.certificate), ("own-key", own.key.get_secret_value())):
        lab.run(SPARE, "tee", f"{FOLDER}/tls/{name}.pem", stdin=text)
    lab.docker(
        *(SPARE, "run", "--detach", "--name", NAME, "--network", "host", "--volume", f"{FOLDER}:{FOLDER}"),
        *("--env", f"ROOT_ACCESS_KEY={ACCESS}", "--env", f"ROOT_SECRET_KEY={SECRET}"),
        *("--tmpfs", f"{FOLDER}/data/{SMALL}:size=40m"),
        *(f"{REGISTRY}/versitygw:v1.8.0", "--quiet", "--port", f":{PORT}", "--cert", f"{FOLDER}/tls/own.pem"),
        *("--key", f"{FOLDER}/tls/own-key.pem", "--access-log", LOG, "posix", f"{FOLDER}/data"),
    )
    try:
        yield ca
    finally:
        lab.docker(SPARE, "rm", "--force", "--volumes", NAME)
        lab.run(SPARE, "rm", "-rf", FOLDER)


def settings(lab: Lab, ca: Issuer, bucket: str = BUCKET) -> dict[str, str]:
    """Return ``s3backupconfig`` for it."""
    return {
        "endpoint": f"{lab.address(SPARE)}:{PORT}",
        "bucket_name": bucket,
        "folder": "lab/cluster",
        "access_key": ACCESS,
        "secret_key": SECRET,
        "custom_ca": ca.ca().certificate,
    }
