"""Keys that ask for one deed instead of a state: ``restore`` and ``rotate_certificates``."""

from __future__ import annotations

from pydantic import Field

from rke_py.config.schema.base import Section
from rke_py.config.values import Flag, Text, Texts


class RestoreConfig(Section):
    """``restore``: Rancher's way to ask for a snapshot's restoration."""

    restore: Flag = False
    snapshot_name: Text = ""


class RotateCertificatesConfig(Section):
    """``rotate_certificates``: Rancher's way to ask for new certificates; its presence asks."""

    ca_certificates: Flag = Field(False, alias="cacertificates")
    services: Texts = ()
