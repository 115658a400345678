"""``rke-py encrypt``: how Secrets are encrypted in etcd, changed and looked at while the cluster runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rke_py.cluster.apiserver_model import Encryption
from rke_py.cluster.model import Cluster, Role
from rke_py.errors import EtcdUnavailable, UsageError
from rke_py.pki.encryption import UNENCRYPTED, Key, Keys, keys_of
from rke_py.state.model import State
from rke_py.state.under_way import under_way
from rke_py.stores.statefile import StateStore
from rke_py.transport.interface import Fleet
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process
from rke_py.workflows.loading import Asked
from rke_py.workflows.planning import certified
from rke_py.workflows.remembered import asked_of, existing
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.up import make_all_so

_SECTION = "services.kube-api.secrets_encryption_config"


class Wish(StrEnum):
    """What is asked for."""

    ENABLE = "enable"
    DISABLE = "disable"
    ROTATE_KEY = "rotate-key"


def encrypt(context: Context, wish: Wish) -> None:
    """Change how Secrets are encrypted, as cluster.yml says it, to the end; one that is under way is continued.

    Raises:
        UsageError: There is no cluster, or cluster.yml says otherwise or asks for more.
        RkeError: Any kind of it; what was reached is saved, and ``up`` or the next run goes on from there.
    """
    began = context.clock.now()
    with StateStore(context.state_path).locked(this_process(context)) as saved:
        state = existing(saved.state, context)
        asked = _asked(state, context, wish)
        new_key = wish is Wish.ROTATE_KEY and state.encryption_change is None
        certain = certified(asked, state, context, new_key=new_key)
        result, told = make_all_so(asked, saved, certain, context)
        seconds = (context.clock.now() - began).total_seconds()
        context.reporter.report(replace(told, seconds=seconds))
        result.raise_silent()


def _asked(state: State, context: Context, wish: Wish) -> Asked:
    """Read cluster.yml, which alone says what is wanted, and refuse what it does not say."""
    if not state.configuration:
        raise UsageError("no run has finished this cluster yet", hint="Finish it with: rke-py up")
    asked = asked_of(context, state, to_perform=True)
    _refuse_otherwise(asked.cluster.api.encryption, wish)
    if _beside(asked.remembered) != _beside(state.configuration):
        what = "cluster.yml asks for more than another encryption"
        raise UsageError(what, hint="See with: rke-py plan. rke-py up does all of it, the encryption too.")
    return asked


def _refuse_otherwise(encryption: Encryption | None, wish: Wish) -> None:
    if wish is Wish.DISABLE and encryption is not None:
        what = "cluster.yml says that Secrets are encrypted, and what it says is what up makes"
        raise UsageError(what, hint=f"Write enabled: false in {_SECTION}, then run the same again.")
    if wish is not Wish.DISABLE and encryption is None:
        what = "cluster.yml does not say that Secrets are encrypted, and what it says is what up makes"
        raise UsageError(what, hint=f"Write enabled: true in {_SECTION}, then run the same again.")
    if wish is Wish.ROTATE_KEY and encryption is not None and encryption.custom is not None:
        what = f"the keys are your own: they stand in {_SECTION}.custom_config"
        hint = "Put a new key with a new name before the old one there, or in its place, and run: rke-py up"
        raise UsageError(what, hint=hint)


def _beside(configuration: Mapping[str, object]) -> dict[str, object]:
    """Return a configuration without what it says about encryption."""
    services = configuration.get("services")
    found = dict(services) if isinstance(services, Mapping) else {}
    api = found.get("kubeApi")
    if isinstance(api, Mapping):
        found["kubeApi"] = {key: value for key, value in api.items() if key != "secretsEncryptionConfig"}
    return {**configuration, "services": found, "rotateEncryptionKey": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """A key of a resource.

    Attributes:
        resource: As an EncryptionConfiguration names it; empty for a retired key.
        key: By provider and name; ``unencrypted`` for none.
        use: ``writes``, ``reads``, ``retired``, or ``missing`` when there are values and no API server has the key.
        values: How many values in etcd are under it; None where nobody looked.
    """

    resource: str
    key: str
    use: str
    values: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionStatus:
    """How values are encrypted.

    Attributes:
        wanted: Whether cluster.yml asks for encryption.
        under_way: The change that is to be finished; empty when there is none.
    """

    wanted: bool
    under_way: tuple[str, ...]
    keys: tuple[KeyUse, ...]

    @property
    def readable(self) -> bool:
        """True when API servers have the key of every value that etcd holds."""
        return not any(key.use == "missing" for key in self.keys)


def encryption_status(context: Context) -> EncryptionStatus:
    """Look at the keys and at every value in etcd, without changing anything.

    Raises:
        UsageError: There is no state file, so nothing was made yet.
        EtcdError: etcd does not answer.
    """
    state = existing(StateStore(context.state_path).read(), context)
    asked = asked_of(context, state)
    context.protect(secrets_of(state, asked.loaded.config))
    keys = dict(keys_of(state.encryption)) or {"secrets": (UNENCRYPTED,)}
    with (
        context.edges.fleet(asked.cluster, context) as fleet,
        context.edges.access(asked.cluster, fleet, lambda: state.bundle) as access,
    ):
        named = [resource for resource in keys if "*" not in resource]
        try:
            values = {resource: access.encrypted(resource) for resource in named}
        except EtcdUnavailable as error:
            raise _unavailable(error, asked.cluster, fleet) from error
    uses = (*_uses(keys, values, state.retired_keys), *_retired(state.retired_keys))
    alone = replace(state, rotation=None)
    return EncryptionStatus(wanted=asked.cluster.api.encryption is not None, under_way=under_way(alone), keys=uses)


def _unavailable(error: EtcdUnavailable, cluster: Cluster, fleet: Fleet) -> EtcdUnavailable:
    """Return it with why hosts do not answer through which etcd is asked."""
    doors = cluster.with_role(Role.CONTROLPLANE if cluster.external_etcd else Role.ETCD)
    silent = (str(fleet.faults[host.name]) for host in doors if host.name in fleet.faults)
    return EtcdUnavailable(error.what, evidence=(*silent, *error.evidence), hint="Look closer with: rke-py doctor")


def _uses(keys: Keys, values: Mapping[str, Mapping[str, int]], retired: tuple[Key, ...]) -> Iterator[KeyUse]:
    names = {key.prefix: str(key) for key in retired}
    for resource, own in keys.items():
        found = values.get(resource)
        for number, key in enumerate(own):
            count = None if found is None else found.get(key.prefix, 0)
            yield KeyUse(resource=resource, key=str(key), use="reads" if number else "writes", values=count)
        known = {key.prefix for key in own}
        for prefix, count in sorted((found or {}).items()):
            if prefix not in known:
                name = names.get(prefix) or prefix.rstrip(":") or str(UNENCRYPTED)
                yield KeyUse(resource=resource, key=name, use="missing", values=count)


def _retired(keys: tuple[Key, ...]) -> Iterator[KeyUse]:
    return (KeyUse(resource="", key=str(key), use="retired", values=None) for key in keys)
