"""Which field a column of a file is: by the field's name, an earlier one, its label, or as the client says."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from app.errors import Invalid, Malformed
from app.schema import Entity

SYSTEM = ('id', '_version')
MOST = 1000
SUGGESTED = 20
"""Unknown columns in one answer."""


class Columns:
    """`mapping` says for some columns which field they are, or with an empty text that they are none."""

    def __init__(self, entity: Entity, mapping: Mapping[str, str]) -> None:
        self._entity = entity
        self._mapping = {name.strip(): field for name, field in mapping.items()}
        self._labels: dict[str, str | None] = {}
        for field in entity.fields.values():
            for label in {field.name.casefold(), field.title.casefold(), *(one.casefold() for one in field.aliases)}:
                self._labels[label] = None if label in self._labels else field.name
        self._known = {name: self._find(name) for name in self._mapping}
        wrong = {name: self._strange(self._mapping[name]) for name, field in self._known.items() if field is None}
        if wrong:
            raise Invalid(errors={f'mapping.{name}': message for name, message in wrong.items()})

    def field(self, column: str) -> str | None:
        """The name of the field that a column is, nothing if it is to be ignored; `None` if there is no such field."""
        if column in self._known:
            return self._known[column]
        field = self._find(column)
        if field is not None:  # what is unknown may be another word in every row
            self._known[column] = field
        return field

    def of_header(self, header: list[str]) -> list[str]:
        """The fields of a file's columns in their order, where `''` is none; raises naming what is wrong."""
        if len(header) > MOST:
            raise Malformed(f'The first line names {len(header):,} columns; at most {MOST:,} are taken.')
        if twice := next((name for number, name in enumerate(header) if name in header[:number]), None):
            raise Malformed(f'The first line must name each column once; {twice[:80]!r} stands twice.')
        if '' in header:
            raise Malformed(f'The first line must name each column once; column {header.index("") + 1} has no name.')
        if missing := [name for name in self._mapping if name not in header]:
            raise Invalid(errors={f'mapping.{name}': 'is no column of the file' for name in missing})
        fields = [self.field(name) for name in header]
        if unknown := [name for name, field in zip(header, fields, strict=True) if field is None]:
            raise Invalid(errors={name: self._strange(name) for name in unknown[:SUGGESTED]})
        named = [field or '' for field in fields]
        self._refuse_twice(header, named)
        return named

    def of_object(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of one object by field; names that are unknown stay, for whoever checks the values."""
        renamed = ((self.field(name), name, value) for name, value in values.items())
        return {name if field is None else field: value for field, name, value in renamed if field != ''}

    def matches(self, names: Iterable[str]) -> int:
        """How many of these are columns that are known."""
        return sum(self.field(name.strip()) is not None for name in names)

    def _find(self, column: str) -> str | None:
        name = self._mapping.get(column, column)
        if not name or name in self._entity.fields or name in SYSTEM:
            return name
        return self._entity.aliases.get(name) or self._labels.get(name.strip().casefold())

    def _strange(self, name: str) -> str:
        labels = {label: field for label, field in self._labels.items() if field}
        close = difflib.get_close_matches(name[:80].casefold(), labels, n=1)
        return 'is not a field' + (f', did you mean {labels[close[0]]!r}?' if close else '')

    def _refuse_twice(self, header: list[str], fields: list[str]) -> None:
        first: dict[str, str] = {}
        for column, field in zip(header, fields, strict=True):
            earlier = first.setdefault(field, column) if field else column
            if earlier != column:
                raise Invalid(errors={column: f'is the field {field}, as {earlier!r} is already'})
