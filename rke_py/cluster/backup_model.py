"""How snapshots of etcd are taken by themselves, and where they are copied."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """A folder in S3; without keys the machine's own role is used.

    Attributes:
        endpoint: Name of the server, with its port where that is not 443.
        folder: Without slashes at its ends; empty for the bucket itself.
        custom_ca: PEM of who signed the server's certificate; empty for one that the world knows.
    """

    endpoint: str
    bucket_name: str
    region: str = ""
    folder: str = ""
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")
    custom_ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Recurring snapshots.

    Attributes:
        recurring: Whether they are taken; those that somebody asks for always can be.
        interval: Seconds from one to the next.
        retention: How many stay.
        timeout: Seconds that one may take.
        s3: Where each snapshot is copied to; None for nowhere.
    """

    recurring: bool = True
    interval: int = 12 * 3600
    retention: int = 6
    timeout: int = 300
    s3: S3 | None = None
