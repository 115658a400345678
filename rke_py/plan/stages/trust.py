"""What API servers tell others of the CAs of clients, after a CA is trusted no more.

Each API server adds its CAs to a ConfigMap (``kube-system/extension-apiserver-authentication``) from which those of
extensions, metrics-server among them, learn whom to believe, and none takes one out again. A CA that was given up, be
it because somebody else has its key, would go on opening them.
"""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.pki.inspect import certificates_in
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.stage_names import CONTROL_PLANE, TRUST
from rke_py.plan.steps import DropOldCas
from rke_py.plan.wanted import Wanted

_BUNDLES = {
    "client-ca-file": "kube-ca",
    "requestheader-client-ca-file": "kube-apiserver-requestheader-ca",
}
"""Keys of the ConfigMap, which are API servers' flags too, and the CAs that they have."""


def trust_stage(wanted: Wanted) -> Stage:
    """Plan the end of CAs that nothing trusts any more, once no API server would add them again.

    A cluster that RKE made keeps what RKE's own rotations left, until rke-py rotates its CAs.
    """
    bundles = dict(_trimmed(wanted))
    if not bundles or (wanted.cluster.rke is not None and wanted.state.rotation is None):
        return Stage(name=TRUST, turns=())
    why = tuple(f"it has a CA that the cluster does not trust: {name}" for name in bundles)
    turn = Turn(stage=TRUST, host="", steps=(DropOldCas(host="", bundles=bundles, why=why),), disrupts=False)
    return Stage(name=TRUST, turns=(turn,), limit=0, on_failure=OnFailure.COUNT, after=frozenset({CONTROL_PLANE}))


def _trimmed(wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Yield key and text as it is to be, where there is more; what cluster.yml gives API servers is the owner's.

    A CA that ended was there before, whether or not an API server could tell.
    """
    for name, ca in _BUNDLES.items():
        if name in wanted.cluster.services.kube_api.flags or ca not in wanted.state.bundle:
            continue
        ours = wanted.state.bundle[ca].certificate
        if wanted.untrusted or certificates_in(wanted.observed.client_cas.get(name, "")) - certificates_in(ours):
            yield name, ours
