"""What every map of cluster.yml has in common."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic import AliasChoices, BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo


class Section(BaseModel):
    """One map of cluster.yml; keys as in the file, null means absent, an unknown key is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if value is not None}
        return data

    @classmethod
    @cache
    def fields_by_key(cls) -> dict[str, FieldInfo]:
        """Return the fields under their keys of cluster.yml."""
        return {_key(name, field): field for name, field in cls.model_fields.items()}

    @classmethod
    @cache
    def names_by_key(cls) -> dict[str, str]:
        """Return the attributes under their keys of cluster.yml."""
        return {_key(name, field): name for name, field in cls.model_fields.items()}


def _key(name: str, field: FieldInfo) -> str:
    if isinstance(field.validation_alias, AliasChoices):
        return str(field.validation_alias.choices[0])
    return field.alias or name


def other_spellings(field: FieldInfo) -> tuple[str, ...]:
    """Return the further keys of cluster.yml under which a field may stand."""
    alias = field.validation_alias
    return tuple(map(str, alias.choices[1:])) if isinstance(alias, AliasChoices) else ()
