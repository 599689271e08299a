"""A file: the record holds its name, type, size and the hash of its content, which is kept beside the log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import Field as Option
from pydantic import field_validator, model_validator

from app import codec
from app.errors import Malformed
from app.fields.base import Choices, Field
from app.file_kind import SVG, TYPE, plain_kind, settled_kind
from app.file_name import safe_name

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement

HASH = re.compile(r'[0-9a-f]{64}')
PATTERN = re.compile(r'[a-z0-9.+\-]+/\*')
SIZE = re.compile(r'(\d+(?:\.\d+)?) ?([kMG]?)B')
UNITS = {'': 1, 'k': 1_000, 'M': 1_000_000, 'G': 1_000_000_000}
PARTS = {'name': str, 'type': str, 'size': int, 'sha256': str}
"""What is stored; an address is added where a record is shown."""


class File(Field, type='file'):
    """A file of one of `types` (all, if empty), up to `max_size`, that was uploaded before the record names it."""

    operators = ('null',)
    cell = 'file'

    types: tuple[str, ...] = ()
    max_size: int = Option(10_000_000, ge=1, le=2**50)

    @field_validator('types', mode='before')
    @classmethod
    def _read_types(cls, types: Any) -> Any:
        return (types,) if isinstance(types, str) else types

    @field_validator('types')
    @classmethod
    def _check_types(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        for one in types:
            if not (TYPE.fullmatch(one) or PATTERN.fullmatch(one)):
                raise ValueError(f'types: {one!r} must be like application/pdf or image/*')
        return types

    @field_validator('max_size', mode='before')
    @classmethod
    def _read_size(cls, size: Any) -> Any:
        if not isinstance(size, str):
            return size
        match = SIZE.fullmatch(size.strip())
        if not match:
            raise ValueError('max_size: must be like 10 MB, or a number of bytes')
        return int(float(match[1]) * UNITS[match[2]])

    @model_validator(mode='after')
    def _check_options(self) -> File:
        if self.unique or self.default is not None:
            raise ValueError('a file is never unique and has no default')
        return self

    @property
    def column(self) -> str:
        """JSON text."""
        return 'JSON'

    def parse(self, value: Any) -> dict[str, Any]:
        """What an upload answered; an address in it is left out. Whether there is such a file is checked elsewhere."""
        sent = _object(value)
        if set(sent) - {'url'} != set(PARTS):
            raise ValueError(f'must have {", ".join(PARTS)}, as an upload answers them')
        for name, kind in PARTS.items():
            if not isinstance(sent[name], kind) or isinstance(sent[name], bool):
                raise ValueError(f'must have a {name} that is {"a number" if kind is int else "a text"}')
        if not HASH.fullmatch(sent['sha256']) or sent['size'] < 0:
            raise ValueError('must have the sha256 and the size that an upload answered')
        self.check_size(sent['size'])
        return {
            **{name: sent[name] for name in PARTS},
            'name': safe_name(sent['name']),
            'type': self.kind(sent['type']),
        }

    def kind(self, declared: str, head: bytes | None = None) -> str:
        """The type that a file is stored with, by what its sender says and how it begins; `ValueError` if not taken."""
        kind = plain_kind(declared) if head is None else settled_kind(declared, head)
        if self.types and not any(self._takes(pattern, kind) for pattern in self.types):
            raise ValueError(f'must be a file of type {" or ".join(self.types)}, not {kind}')
        return kind

    def check_size(self, size: int) -> None:
        """Refuse what is too large."""
        if size > self.max_size:
            raise ValueError(f'must have at most {self.max_size:,} bytes')

    def check_content(self, value: dict[str, Any], size: int, head: bytes) -> None:
        """Refuse a value that is not true of the content that is stored under its hash."""
        if value['size'] != size:
            raise ValueError(f'has {size:,} bytes, not {value["size"]:,}')
        if self.kind(value['type'], head) != value['type']:
            raise ValueError(f'is not of the type {value["type"]}')

    def shown(self, value: dict[str, Any], record: str, as_of: str = '') -> dict[str, Any]:
        """A stored value with the address of the file, below that of its record."""
        moment = f'?as_of={quote(as_of, safe="")}' if as_of else ''
        return {**value, 'url': f'{record}/files/{self.name}{moment}'}

    def stored(self, value: dict[str, Any]) -> dict[str, Any]:
        """What `shown` was made of."""
        return {name: value[name] for name in PARTS}

    def from_row(self, value: Any) -> Any:
        """An object."""
        return None if value is None else codec.parse(value)

    def to_column(self, value: Any) -> Any:
        """Its canonical text."""
        return None if value is None else codec.canonical(value)

    def json_schema(self) -> dict[str, Any]:
        """An object, as an upload answers it."""
        properties: dict[str, Any] = {
            'name': {'type': 'string'},
            'type': {'type': 'string'},
            'size': {'type': 'integer', 'minimum': 0, 'maximum': self.max_size},
            'sha256': {'type': 'string', 'pattern': f'^{HASH.pattern}$'},
            'url': {'type': 'string', 'readOnly': True},
        }
        return {'type': 'object', 'properties': properties, 'required': list(PARTS), 'additionalProperties': False}

    def edited(self, value: Any) -> Any:
        """The value itself."""
        return value

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """Its name, not to be changed: forms that can upload have a control of their own."""
        from nicegui import ui

        return ui.input(self.title, value=value['name'] if value else '').props('readonly')

    def _takes(self, pattern: str, kind: str) -> bool:
        """SVG is a document that may hold scripts: among images it is taken only where it is named."""
        return kind == pattern or (pattern.endswith('/*') and kind.startswith(pattern[:-1]) and kind != SVG)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value.strip()[:1] == '{':
        try:
            value = codec.decode(value)
        except Malformed as error:
            raise ValueError(f'is not valid JSON: {error.detail}') from None
    if not isinstance(value, dict):
        raise ValueError('must be what an upload answered, with name, type, size and sha256')
    return value
