"""``authentication`` and ``authorization``, and rke-py's own ``proxy``, ``kube_config`` and ``pki``."""

from __future__ import annotations

from pydantic import Field, SecretStr

from rke_py.config.schema.base import Section
from rke_py.config.values import Secret, SensitiveText, Text, TextMap, Texts


class WebhookConfig(Section):
    """``authentication.webhook``: who is asked about tokens; ``config_file`` is a kubeconfig's text."""

    config_file: Secret = SecretStr("")
    cache_timeout: Text = ""


class AuthenticationConfig(Section):
    """``authentication``; ``sans`` are further names and addresses of the API server."""

    strategy: Text = ""
    sans: Texts = ()
    webhook: WebhookConfig | None = None


class AuthorizationConfig(Section):
    """``authorization``; ``options`` never had a meaning."""

    mode: Text = ""
    options: TextMap = Field(default_factory=dict)


class ProxyConfig(Section):
    """``proxy``: the way out for hosts and pods that have no route of their own."""

    http: SensitiveText = ""
    https: SensitiveText = ""
    no_proxy: Texts = ()


class KubeConfigConfig(Section):
    """``kube_config``: what goes into kube_config_cluster.yml; ``server`` is the URL of a load balancer."""

    server: Text = ""


class PkiConfig(Section):
    """``pki``: ``key_algorithm`` of new keys, ``ecdsa-p256`` or ``rsa-2048``."""

    key_algorithm: Text = ""
