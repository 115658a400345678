"""API versions that Kubernetes stopped to serve, since the oldest release that RKE could run.

From Kubernetes' guide to deprecated APIs (https://kubernetes.io/docs/reference/using-api/deprecation-guide/), and for
versions that are served only where ``runtime-config`` asks for them from ``APILifecycleRemoved`` in k8s.io/api; what
was alpha, and so served to nobody who did not ask for it, is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.catalog.order import Minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A kind that a release no longer serves in one of its API versions.

    Attributes:
        api_version, kind: As manifests have them: ``policy/v1beta1`` and ``PodDisruptionBudget``.
        since: The first release without it.
        instead: The API version to use; empty when the kind is gone altogether.
    """

    api_version: str
    kind: str
    since: Minor
    instead: str


_TABLE: tuple[tuple[Minor, str, str, str], ...] = (
    (
        (1, 22),
        "admissionregistration.k8s.io/v1beta1",
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    ),
    ((1, 22), "apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ((1, 22), "apiregistration.k8s.io/v1beta1", "apiregistration.k8s.io/v1", "APIService"),
    ((1, 22), "authentication.k8s.io/v1beta1", "authentication.k8s.io/v1", "TokenReview"),
    (
        (1, 22),
        "authorization.k8s.io/v1beta1",
        "authorization.k8s.io/v1",
        "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    ),
    ((1, 22), "certificates.k8s.io/v1beta1", "certificates.k8s.io/v1", "CertificateSigningRequest"),
    ((1, 22), "coordination.k8s.io/v1beta1", "coordination.k8s.io/v1", "Lease"),
    ((1, 22), "extensions/v1beta1", "networking.k8s.io/v1", "Ingress"),
    ((1, 22), "networking.k8s.io/v1beta1", "networking.k8s.io/v1", "Ingress IngressClass"),
    (
        (1, 22),
        "rbac.authorization.k8s.io/v1beta1",
        "rbac.authorization.k8s.io/v1",
        "ClusterRole ClusterRoleBinding Role RoleBinding",
    ),
    ((1, 22), "scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1", "PriorityClass"),
    ((1, 22), "storage.k8s.io/v1beta1", "storage.k8s.io/v1", "CSIDriver CSINode StorageClass VolumeAttachment"),
    ((1, 25), "autoscaling/v2beta1", "autoscaling/v2", "HorizontalPodAutoscaler"),
    ((1, 25), "batch/v1beta1", "batch/v1", "CronJob"),
    ((1, 25), "discovery.k8s.io/v1beta1", "discovery.k8s.io/v1", "EndpointSlice"),
    ((1, 25), "events.k8s.io/v1beta1", "events.k8s.io/v1", "Event"),
    ((1, 25), "node.k8s.io/v1beta1", "node.k8s.io/v1", "RuntimeClass"),
    ((1, 25), "policy/v1beta1", "policy/v1", "PodDisruptionBudget"),
    ((1, 25), "policy/v1beta1", "", "PodSecurityPolicy"),
    ((1, 26), "autoscaling/v2beta2", "autoscaling/v2", "HorizontalPodAutoscaler"),
    (
        (1, 26),
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "FlowSchema PriorityLevelConfiguration",
    ),
    ((1, 27), "storage.k8s.io/v1beta1", "storage.k8s.io/v1", "CSIStorageCapacity"),
    (
        (1, 29),
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema PriorityLevelConfiguration",
    ),
    (
        (1, 32),
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema PriorityLevelConfiguration",
    ),
    ((1, 33), "authentication.k8s.io/v1beta1", "authentication.k8s.io/v1", "SelfSubjectReview"),
    (
        (1, 34),
        "admissionregistration.k8s.io/v1beta1",
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
    ),
)

REMOVED: tuple[Removed, ...] = tuple(
    Removed(api_version=api_version, kind=kind, since=since, instead=instead)
    for since, api_version, instead, kinds in _TABLE
    for kind in kinds.split()
)


def removed(api_version: str, kind: str, minor: Minor) -> Removed | None:
    """Return what is known of an API version that a release does not serve any more; None when nothing is."""
    rows = (row for row in REMOVED if row.since <= minor)
    return next((row for row in rows if (row.api_version, row.kind) == (api_version, kind)), None)


def removed_between(running: Minor, wanted: Minor) -> tuple[Removed, ...]:
    """Return what the way from one release to a later one takes away."""
    return tuple(row for row in REMOVED if running < row.since <= wanted)
