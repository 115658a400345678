"""The container that takes recurring snapshots on the host of an etcd member, with RKE's own program."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import replace

from rke_py.cluster.backup_model import S3
from rke_py.pki.names import bracketed
from rke_py.pki.paths import certificate_path, key_path
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import binds, distinct, finished, kubernetes_bind

NAME = "etcd-rolling-snapshots"

_FOLDER = "/opt/rke/etcd-snapshots/"
_PORT = 2379
_CLIENT = "kube-node"


def rolling_snapshots(place: Place) -> ContainerSpec:
    """Return the container, which alone of RKE's has no label of its name.

    RKE gives its image the tag that RKE's default version has, which differs by RKE's release.
    """
    s3, service = place.cluster.backup.s3, place.cluster.services.etcd
    own = (f"{_FOLDER}:/backup:z", kubernetes_bind(place))
    made = finished(
        place,
        ContainerSpec(
            name=NAME,
            image=place.cluster.images.alpine,
            entrypoint=(),
            command=(
                "/opt/rke-tools/rke-etcd-backup",
                *("etcd-backup", "save"),
                *("--cacert", certificate_path("kube-ca")),
                *("--cert", certificate_path(_CLIENT)),
                *("--key", key_path(_CLIENT)),
                *("--name", NAME),
                f"--endpoints={bracketed(place.host.internal_address)}:{_PORT}",
                *place.settings.snapshot_flags,
                *(_s3_flags(s3) if s3 else ()),
            ),
            env=distinct((*service.extra_env, *(_s3_keys(s3) if s3 else ()))),
            binds=binds(place, own, ()),
        ),
    )
    return replace(made, labels={})


def _s3_flags(s3: S3) -> Iterable[str]:
    yield from (
        "--s3-backup=true",
        f"--s3-endpoint={s3.endpoint}",
        f"--s3-bucketName={s3.bucket_name}",
        f"--s3-region={s3.region}",
    )
    if s3.custom_ca:
        yield f"--s3-endpoint-ca={_encoded(s3.custom_ca)}"
    if s3.folder:
        yield f"--s3-folder={s3.folder}"


def _s3_keys(s3: S3) -> Iterable[str]:
    yield f"S3_ACCESS_KEY={_encoded(s3.access_key.get_secret_value())}"
    yield f"S3_SECRET_KEY={_encoded(s3.secret_key.get_secret_value())}"


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()
