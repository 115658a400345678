"""etcd's cluster version: once it has risen, the members of before cannot come back."""

from __future__ import annotations

from rke_py.catalog.order import minor_of, version_in_tag
from rke_py.plan.reconcile import old_name
from rke_py.plan.steps import ReplaceContainer
from rke_py.rollout.site import Site


def risen(step: ReplaceContainer, site: Site) -> str:
    """Return the release that all members run, as ``3.6``, when the container moved aside is of an older one.

    Empty while a member of the older release is left, or this one does not tell what it runs. etcd raises the cluster's
    version within seconds once the last member tells that it runs the newer release, and an older one refuses to start
    from then on (etcd's upgrade guide, "upgrade requirements").
    """
    aside = site.fleet[step.host].engine.inspect(old_name(step.name))
    new = minor_of(version_in_tag(step.spec.image))
    old = minor_of(version_in_tag(aside.spec.image)) if aside else None
    if old is None or new is None or old >= new:
        return ""
    told = [minor_of(member.version) for member in site.access.look_at_etcd().members]
    return f"{new[0]}.{new[1]}" if told and all(minor is not None and minor >= new for minor in told) else ""
