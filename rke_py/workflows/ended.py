"""CAs that have ended: nobody trusts anybody any more, and new ones take their place at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509

from rke_py.cluster.model import Cluster
from rke_py.errors import ConsentMissing, PreflightError, Problem
from rke_py.pki.authority import signing
from rke_py.pki.keys import generate_key
from rke_py.pki.model import Bundle
from rke_py.pki.rotation import Kind, Phase, Rotation, new_roots, root_names, signed_by_any, without_old
from rke_py.plan.checks.words import listed
from rke_py.plan.observed import Observed
from rke_py.state.model import State
from rke_py.workflows.context import Context

_CA = "kube-ca"
_APART = timedelta(minutes=5)
_CLOCKS = "Let all machines keep the right time (chrony, systemd-timesyncd), this one too, and run the same again."


def ended(cluster: Cluster, bundle: Bundle, now: datetime) -> Mapping[str, datetime]:
    """Return the CAs that sign and have ended, with that moment."""
    return {name: end for name, end in _ends(cluster, bundle).items() if end <= now}


def replaced(cluster: Cluster, state: State, context: Context) -> tuple[State, frozenset[str]]:
    """Return the state with new CAs in the place of those that have ended, and the certificates to issue.

    The new ones of a rotation that was under way are taken: hosts may trust them already. A CA that lives goes on as it
    is. What the owner had signed by a CA that ended is rke-py's from now on.
    """
    now, before = context.clock.now(), state.rotation
    gone = ended(cluster, state.bundle, now)
    offered = before.new if before and before.kind is Kind.AUTHORITIES else {}
    useless = ended(cluster, offered, now)
    new = {name: offered[name] for name in gone if name in offered and name not in useless}
    lacking, algorithm = gone.keys() - new.keys(), cluster.key_algorithm
    if lacking:
        serial = x509.random_serial_number
        made = new_roots(
            cluster, Kind.AUTHORITIES, now=now, key=lambda: generate_key(algorithm), serial=serial, only=lacking
        )
        new = {**new, **made}
    anew = signed_by_any(cluster, gone)
    bundle, supplied = without_old(state.bundle, new), state.supplied - anew
    return replace(state, rotation=_replacing(new, state, gone, now), supplied=supplied, bundle=bundle), anew


def renewed_by_owner(cluster: Cluster, state: State, bundle: Bundle, now: datetime) -> Rotation | None:
    """Return the rotation under way: one that the owner of a CA begins who supplies another for one that ended.

    Whatever was under way is given up for it.
    """
    gone = ended(cluster, state.bundle, now)
    if not state.exists_on_hosts or not any(state.bundle[name] != bundle[name] for name in gone):
        return state.rotation
    return _replacing({}, state, gone, now)


def ask_to_replace(
    cluster: Cluster, before: State, after: State, observed: Observed, context: Context, beside: Sequence[str] = ()
) -> None:
    """Ask before CAs that have ended are replaced, once all clocks agree that they have.

    Args:
        cluster: Whose CAs they are.
        before: The state with those that have ended.
        after: The same with others in their place; nothing is asked where a run only goes on with that.
        observed: The hosts.
        context: What time it is, and who agrees.
        beside: What is done that new certificates do not bring with them.

    Raises:
        PreflightError: Every host whose clock says otherwise.
        ConsentMissing: Nobody agreed.
    """
    if after.rotation is None or after.rotation.phase is not Phase.REPLACE or after.rotation == before.rotation:
        return
    now = context.clock.now()
    refuse_doubtful(cluster, before.bundle, observed, now)
    lines = (
        *_costs(cluster, before, after),
        _time(observed, now),
        *(f"also, as it is not as RKE left it: {line}" for line in beside),
    )
    if not context.consent("This is noticed outside the cluster. Go on?", lines):
        raise ConsentMissing(f"nothing was changed, as you did not agree to: {Phase.REPLACE}")


def refuse_doubtful(cluster: Cluster, bundle: Bundle, observed: Observed, now: datetime) -> None:
    """Refuse to decide whether a CA has ended while a host's clock says otherwise than ours.

    Raises:
        PreflightError: Every host that does.
    """
    clocks = {host.name: now + host.facts.clock_offset for host in observed.hosts.values() if host.facts is not None}
    problems = [
        Problem(where=host, what=_doubt(name, end, there, now), hint=_CLOCKS)
        for name, end in _ends(cluster, bundle).items()
        for host, there in clocks.items()
        if (end <= there) != (end <= now)
    ]
    if problems:
        raise PreflightError("clocks disagree on whether a CA has ended; nothing was changed", problems)


def refuse_earlier(rotation: Rotation, now: datetime) -> None:
    """Refuse to go on with new CAs that are not valid yet: a clock was wrong when they were made, or is now.

    Raises:
        PreflightError: It is so.
    """
    began = datetime.fromisoformat(rotation.began) if rotation.began else now
    if rotation.phase is Phase.REPLACE and now + _APART < began:
        what = f"it is {now:%Y-%m-%d %H:%M} UTC by this machine's clock, and the {rotation}"
        hint = f"The new CAs are valid from then on only, so that clock or this one is wrong. {_CLOCKS}"
        raise PreflightError("a clock is wrong; nothing was changed", (Problem(where="", what=what, hint=hint),))


def _time(observed: Observed, now: datetime) -> str:
    offsets = [host.facts.clock_offset for host in observed.hosts.values() if host.facts is not None]
    same = sum(abs(offset) <= _APART for offset in offsets)
    return (
        f"it is {now:%Y-%m-%d %H:%M} UTC by this machine's clock and those of {same} of {len(offsets)} hosts: "
        "see that this is true"
    )


def _costs(cluster: Cluster, before: State, after: State) -> Iterator[str]:
    ends = _ends(cluster, before.bundle)
    gone = {name: end for name, end in ends.items() if after.bundle[name] != before.bundle[name]}
    own = sorted((before.supplied - after.supplied) & signed_by_any(cluster, gone))
    for name, end in gone.items():
        yield f"{name} ended on {end:%Y-%m-%d %H:%M} UTC: new ones take their place"
    if _CA in gone:
        yield (
            "older kubeconfigs and certificates made from requests in the cluster stay worthless: hand out the "
            "kubeconfig that is written now (kube_config_cluster.yml)"
        )
    other = before.rotation if before.rotation and before.rotation.phase is not Phase.REPLACE else None
    if other and (other.kind is not Kind.AUTHORITIES or other.new.keys() - gone.keys()):
        yield f"the {other} is given up: begin it anew afterwards"
    if after.desired == before.desired != before.configuration:
        yield "what the run before was asked for and did not finish is done with it"
    if own:
        yield f"rke-py makes what you had supplied: {listed(own)}"


def _replacing(new: Bundle, state: State, gone: Collection[str], now: datetime) -> Rotation:
    """Return the rotation of CAs that have ended; one that ends before all hosts have followed joins them."""
    before = state.rotation if state.rotation and state.rotation.phase is Phase.REPLACE else None
    olds = (before.old if before else "", state.bundle[_CA].certificate if _CA in gone else "")
    return Rotation(
        kind=Kind.AUTHORITIES,
        phase=Phase.REPLACE,
        began=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        new={**(before.new if before else {}), **new},
        old="\n".join(text.strip() for text in olds if text),
    )


def _doubt(name: str, end: datetime, there: datetime, now: datetime) -> str:
    theirs, ours = ("has ended", "has not") if end <= there else ("has not ended", "has")
    return (
        f"by its clock ({there:%Y-%m-%d %H:%M:%S} UTC) {name} {theirs}, by this machine's ({now:%Y-%m-%d %H:%M:%S} UTC)"
        f" it {ours}; it is valid until {end:%Y-%m-%d %H:%M:%S} UTC"
    )


def _ends(cluster: Cluster, bundle: Bundle) -> Mapping[str, datetime]:
    found = {name: signing(bundle[name]) for name in root_names(cluster, Kind.AUTHORITIES) if name in bundle}
    return {name: certificate.not_valid_after_utc for name, certificate in found.items() if certificate}
