"""Where a container that was found differs from the one that is wanted.

Field by field, order-free where Docker is. No label holds a hash that decides, or a cluster made by RKE would be
restarted. What Docker fills in by itself counts as equal: a default that is spelled out, labels and log options that a
daemon adds, the environment that an image brings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from typing_extensions import override

from rke_py.plan.arguments import flag_name
from rke_py.plan.containers import ContainerSpec, FoundContainer
from rke_py.plan.files import FoundFile

_IGNORED_FLAGS = {"etcd": frozenset({"initial-cluster", "initial-cluster-state", "initial-cluster-token"})}
"""etcd looks at them once in a member's life; what they said then stays on its command line."""

_ROOT = frozenset({"", "0", "0:0", "root", "root:root"})
_DEFAULT_BIND_OPTIONS = frozenset({"rw", "rprivate"})
_LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field in which a container is not as wanted; both texts are fit to be shown."""

    field: str
    wanted: str
    found: str

    @override
    def __str__(self) -> str:
        return f"{self.field}: {self.found or 'nothing'} → {self.wanted or 'nothing'}"


def differences(want: ContainerSpec, found: FoundContainer) -> tuple[Difference, ...]:
    """Return every difference, none when the container is as wanted.

    What cannot be observed (the health check, the files that are read) is not compared. The found container has to be
    inspected: an image that is gone from the host hides which variables it brought, so its container differs.
    """
    have = found.spec
    plain = tuple(
        Difference(field=name, wanted=str(wanted), found=str(there))
        for name, wanted, there in _plain(want, have)
        if wanted != there
    )
    lists = tuple(
        Difference(field=name, wanted=", ".join(_missing(wanted, there)), found=", ".join(_missing(there, wanted)))
        for name, wanted, there in _lists(want, have)
        if Counter(wanted) != Counter(there)
    )
    return (*plain, *lists, *_arguments(want, have), *_env(want, found))


def ignored_flags(container: str) -> frozenset[str]:
    """Return the flags of a container that are looked at once in its life, so that a running one may keep its own."""
    return _IGNORED_FLAGS.get(container, frozenset())


def needs_restart(want: ContainerSpec, found: FoundContainer, files: Mapping[str, FoundFile]) -> tuple[str, ...]:
    """Return the files which the container read at its start and which changed since then.

    This is how a run that died between writing and restarting is healed: both times are of the host's own clock.
    """
    return _newer(want.reads, found, files)


def needs_reload(want: ContainerSpec, found: FoundContainer, files: Mapping[str, FoundFile]) -> tuple[str, ...]:
    """Return the files which changed since the container's start and which it takes up on a signal.

    Docker does not tell that a signal was sent. Whoever sends it writes the files' time back to before the container's
    start, so that only a signal which was not sent is seen here.
    """
    return _newer(want.reloads, found, files)


def _newer(paths: Iterable[str], found: FoundContainer, files: Mapping[str, FoundFile]) -> tuple[str, ...]:
    started = found.started_at
    if started is None:
        return ()
    return tuple(path for path in paths if path in files and files[path].modified > started)


def _plain(want: ContainerSpec, have: ContainerSpec) -> Iterable[tuple[str, object, object]]:
    """Yield the fields with one value each, wanted and found, as they are compared."""
    yield "image", want.image, have.image
    yield "privileged", want.privileged, have.privileged
    yield "network_mode", _network(want.network_mode), _network(have.network_mode)
    yield "pid_mode", want.pid_mode, have.pid_mode
    yield "restart", want.restart or "no", have.restart or "no"
    yield "grace", want.grace, have.grace
    if want.user:
        yield "user", _user(want.user), _user(have.user)
    if want.cgroupns_mode:
        yield "cgroupns_mode", want.cgroupns_mode, have.cgroupns_mode


def _lists(want: ContainerSpec, have: ContainerSpec) -> Iterable[tuple[str, Iterable[str], Iterable[str]]]:
    """Yield the fields with several values each, wanted and found, as they are compared: without order."""
    yield "binds", _unique(map(_bind, want.binds)), _unique(map(_bind, have.binds))
    yield "volumes_from", want.volumes_from, have.volumes_from
    yield "cap_add", _unique(map(_capability, want.cap_add)), _unique(map(_capability, have.cap_add))
    security = _security(want.security_opt)
    yield "security_opt", security, _without_default_label(_security(have.security_opt), security)
    yield "labels", _pairs(want.labels), _pairs(_known(have.labels, want.labels))
    yield "limits", _pairs(want.limits), _pairs(have.limits)
    yield "log_options", _pairs(want.log_options), _pairs(_known(have.log_options, want.log_options))


def _arguments(want: ContainerSpec, have: ContainerSpec) -> Iterable[Difference]:
    """Compare entrypoint and command.

    Flags of different names have no order (RKE writes them in a new one at each run); values of one repeated flag have,
    and so has everything that is no flag.
    """
    ignored = ignored_flags(want.name)
    for name, wanted, there in (
        ("entrypoint", want.entrypoint, have.entrypoint),
        ("command", want.command, have.command),
    ):
        if _by_flag(wanted, ignored) != _by_flag(there, ignored):
            wanted_only, found_only = _missing(wanted, there), _missing(there, wanted)
            if not wanted_only and not found_only:
                wanted_only, found_only = wanted, there
            shown = (_show_arguments(wanted_only, ignored), _show_arguments(found_only, ignored))
            yield Difference(field=name, wanted=shown[0], found=shown[1])


def _by_flag(elements: Iterable[str], ignored: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """Group a command line by flag; under the empty name stands what is no flag."""
    grouped: dict[str, tuple[str, ...]] = {}
    for element in elements:
        name = flag_name(element)
        if name not in ignored:
            grouped[name] = (*grouped.get(name, ()), element)
    return grouped


def _env(want: ContainerSpec, found: FoundContainer) -> Iterable[Difference]:
    """Compare environments: the wanted one over the image's, as Docker merges them. Values are shown as digests."""
    wanted = _variables(found.image_env) | _variables(want.env)
    there = _variables(found.spec.env)
    changed = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    if changed:
        shown = [[f"{name}={_digest(env[name])}" for name in changed if name in env] for env in (wanted, there)]
        yield Difference(field="env", wanted=", ".join(shown[0]), found=", ".join(shown[1]))


def _variables(env: Iterable[str]) -> dict[str, str]:
    return {name: value for name, _, value in (variable.partition("=") for variable in env)}


def _digest(value: str) -> str:
    return f"sha256:{sha256(value.encode()).hexdigest()[:12]}" if value else ""


def _network(mode: str) -> str:
    return "bridge" if mode in {"", "default"} else mode


def _user(user: str) -> str:
    return "root" if user in _ROOT else user


def _bind(bind: str) -> str:
    """Return a bind without trailing slashes and default options, its options sorted."""
    source, _, rest = bind.partition(":")
    target, _, options = rest.partition(":")
    kept = sorted(set(filter(None, options.split(","))) - _DEFAULT_BIND_OPTIONS)
    return ":".join(filter(None, (_folder(source), _folder(target), ",".join(kept))))


def _folder(path: str) -> str:
    return path.rstrip("/") or path


def _capability(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _security(options: Iterable[str]) -> tuple[str, ...]:
    """Return security options in one spelling."""
    return _unique(option.replace(":", "=", 1) if option.startswith("label:") else option for option in options)


def _without_default_label(there: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out ``label=disable`` that Docker adds by itself, as it does for privileged containers."""
    return there if "label=disable" in wanted else tuple(option for option in there if option != "label=disable")


def _known(there: Mapping[str, str], wanted: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what others added: a daemon's default log options, an image's labels."""
    return {name: value for name, value in there.items() if name in wanted}


def _pairs(values: Mapping[str, int | str] | Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in sorted(values.items()))


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _missing(values: Iterable[str], elsewhere: Iterable[str]) -> tuple[str, ...]:
    """Return the values that the other side does not have, or not as often."""
    return tuple((Counter(values) - Counter(elsewhere)).elements())


def _show_arguments(elements: Iterable[str], ignored: frozenset[str]) -> str:
    return " ".join(_short(element) for element in elements if flag_name(element) not in ignored)


def _short(element: str) -> str:
    """Return an argument as it stands in one line; a script is named by its digest."""
    if len(element) <= _LONGEST_SHOWN and "\n" not in element:
        return element
    name, _, value = element.partition("=")
    return f"{name}={_digest(value)}" if flag_name(element) else _digest(element)
