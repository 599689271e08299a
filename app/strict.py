"""The base of everything that YAML may say."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra='forbid', frozen=True)
