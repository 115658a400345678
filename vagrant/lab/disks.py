"""The hosts' disks: folders of one volume, and prepared ones with the lab's images already pulled."""

from __future__ import annotations

from collections.abc import Sequence

from .commands import run
from .hosts import VOLUME

_PREPARED = "prepared"

# Docker answers 200 and tells of a failure in the stream.
_PULL = """
set -e -o pipefail
for image in {docker}; do
  curl -sSf --unix-socket /run/docker.sock -X POST "http://docker/images/create?fromImage=$image" |
    jq -es 'map(.error // empty) | if . == [] then true else error(.[0]) end' > /dev/null
done &
for image in {cri}; do
  ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d "$image" > /dev/null
done
wait $!
"""


def clear(lab: str, image: str) -> None:
    """Delete the disks of a lab."""
    _in_volume(image, 'rm -rf "/state/$LAB"', LAB=lab)


def prepared_name(key: str) -> str:
    """Return the folder of the disks that were prepared with the images of a key."""
    return f"{_PREPARED}-{key}"


def is_prepared(key: str, image: str) -> bool:
    """Tell whether such disks are there."""
    return _in_volume(image, 'test -d "/state/$NAME" && echo yes || true', NAME=prepared_name(key)) == "yes"


def keep(lab: str, host: str, key: str, image: str) -> None:
    """Make the disks of a stopped host the prepared ones, in place of older ones."""
    script = """
        rm -rf /state/prepared-*
        rm -rf "/state/$LAB/$HOST/etcd" "/state/$LAB/$HOST/kubelet"
        mv "/state/$LAB/$HOST" "/state/$NAME"
        rm -rf "/state/$LAB"
    """
    _in_volume(image, script, LAB=lab, HOST=host, NAME=prepared_name(key))


def pull_script(docker_images: Sequence[str], cri_images: Sequence[str] = ()) -> str:
    """Return the shell text that pulls images on a host, for Docker and for pods side by side."""
    return _PULL.format(docker=" ".join(docker_images), cri=" ".join(cri_images))


def _in_volume(image: str, script: str, **variables: str) -> str:
    options = [option for name, value in variables.items() for option in ("-e", f"{name}={value}")]
    return run(
        *("docker", "run", "--rm", "--network", "none", "-v", f"{VOLUME}:/state", *options),
        *("--entrypoint", "/bin/sh", image, "-c", script),
    )
