"""``audit_log.configuration.policy`` → the policy as RKE writes it, with what Go's type of it keeps.

Its checksum is in the API server's environment. What the type does not have RKE loses without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

KIND = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy"}
DEFAULT_POLICY = {"rules": [{"level": "Metadata"}]}
"""Who did what to which object, without the objects."""

_METADATA = frozenset(
    {
        *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation"),
        *("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations"),
        *("ownerReferences", "finalizers", "managedFields"),
    }
)
_RULE = frozenset(
    {
        *("level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs"),
        *("omitStages", "omitManagedFields"),
    }
)
_RESOURCES = frozenset({"group", "resources", "resourceNames"})


def audit_policy(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy with the fields that Go's type of it keeps: empty ones are left out, but never the level."""
    rules = written.get("rules")
    return {
        **KIND,
        **_kept(written, ("omitStages", "omitManagedFields")),
        "metadata": {"creationTimestamp": None} | _kept(written.get("metadata") or {}, _METADATA),
        "rules": None if rules is None else [_rule(rule) for rule in rules],
    }


def _rule(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule; a false ``omitManagedFields`` stays, since it contradicts the policy's."""
    rule = {"level": ""} | _kept(written, _RULE)
    if written.get("omitManagedFields") is False:
        rule["omitManagedFields"] = False
    if "resources" in rule:
        rule["resources"] = [_kept(group, _RESOURCES) for group in rule["resources"]]
    return rule


def _kept(written: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if key in fields and value not in ("", None, [], {}, False, 0)}
