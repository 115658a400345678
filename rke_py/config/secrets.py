"""The secrets of a configuration, for whoever has to keep them out of what people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Secret, SecretStr

from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.walk import SECRET_OPTIONS


def secrets_in(config: ClusterConfig) -> Iterator[str]:
    """Yield every password, key and token, those of ``custom_config`` included."""
    yield from _in(config)
    yield from (value for key, value in config.network.options.items() if key in SECRET_OPTIONS)


def _in(value: object) -> Iterator[str]:
    if isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _in(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _in(item)
    elif isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, Secret):
        yield from secrets_in_document(value.get_secret_value())


def secrets_in_document(document: object) -> Iterator[str]:
    """Yield what stands under ``secret`` anywhere in a document of Kubernetes, as keys of an encryption do."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            if key == "secret" and isinstance(value, str):
                yield value
            else:
                yield from secrets_in_document(value)
    elif isinstance(document, list):
        for item in document:
            yield from secrets_in_document(item)
