"""Steps on what etcd holds: have it written anew with another key, and prove that nothing is left under an old one."""

from __future__ import annotations

from functools import partial

from rke_py.errors import ApiError, EtcdError
from rke_py.plan.encryption import taken_back
from rke_py.plan.steps import EncryptionStep, ProveValues, RewriteValues
from rke_py.progress import Note
from rke_py.rollout.gate import Deed
from rke_py.rollout.proof import ask_api, wait_for
from rke_py.rollout.site import Site

_ETCD_TIMEOUT = 60
"""Seconds for which etcd may be without a leader."""


def _rewrite(step: RewriteValues, site: Site) -> None:
    """Have what is not under the wanted key written anew; what a killed run wrote already is not written again."""
    for resource, prefix in step.prefixes.items():
        found = _values(resource, site)
        if found and not found.keys() - {prefix}:
            continue
        count = ask_api(site, partial(site.access.api.rewrite, resource))
        if count and not _values(resource, site):
            what = f"there are {count} {resource}, and etcd holds none of them where they are looked for"
            raise ApiError(what, hint="Nothing is lost: every API server reads with old and new keys.")
        if count:
            site.reporter.report(Note(text=f"{count} {resource} written anew"))


def _prove_before(step: ProveValues, site: Site) -> None:
    """Prove it before the old key is dropped; where it does not hold, the next run writes everything anew again."""
    try:
        _prove(step, site)
    except EtcdError:
        site.memory.change(taken_back)
        raise


def _prove(step: EncryptionStep, site: Site) -> None:
    """Look at every value in etcd itself."""
    for resource, prefix in step.prefixes.items():
        left = {found: count for found, count in _values(resource, site).items() if found != prefix}
        if left:
            named = ", ".join(f"{count} {_name(found)}" for found, count in sorted(left.items()))
            raise EtcdError(
                f"some {resource} in etcd are still not under the key that is wanted: {named}",
                hint="No key was dropped, and every API server reads them. Run the same again.",
            )


def _values(resource: str, site: Site) -> dict[str, int]:
    """Return how many values are under which prefix; waits for an election."""
    found: dict[str, int] = {}
    fault: EtcdError | None = None

    def missing() -> str:
        nonlocal fault
        try:
            found.update(site.access.encrypted(resource))
        except EtcdError as error:
            fault = error
            return str(error)
        return ""

    if wait_for(site, missing, _ETCD_TIMEOUT) and fault:
        raise fault
    return found


def _name(prefix: str) -> str:
    return prefix.rstrip(":") or "unencrypted"


REWRITE = Deed(do=_rewrite, prove=_prove)
PROVE = Deed(do=_prove_before)
