"""What every entry of ``services`` takes."""

from __future__ import annotations

from pydantic import Field

from rke_py.config.schema.base import Section
from rke_py.config.values import SensitiveText, Text, TextMap, Texts


class ServiceConfig(Section):
    """What every service takes; the ``win_`` keys are for Windows hosts, which rke-py does not have."""

    image: Text = ""
    extra_args: TextMap = Field(default_factory=dict)
    extra_args_array: dict[Text, Texts] = Field(default_factory=dict)
    extra_binds: Texts = ()
    extra_env: tuple[SensitiveText, ...] = ()
    win_extra_args: TextMap = Field(default_factory=dict)
    win_extra_args_array: dict[Text, Texts] = Field(default_factory=dict)
    win_extra_binds: Texts = ()
    win_extra_env: tuple[SensitiveText, ...] = ()
