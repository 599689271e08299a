"""What YAML may say of an entity, checked before anything uses it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from pydantic import Field as Option
from pydantic import model_validator

from app.errors import Invalid, Malformed, NotFound
from app.expressions import BOOLEAN, Named, Scope, kind_of_column, parse_expression
from app.fields import FIELD_TYPES, Field
from app.fields.file import File
from app.permissions import Permissions, Principal, may_field
from app.strict import Strict

NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]{0,59}')
FIXED_WORDS = frozenset(
    'import export changes history undo redo transaction api docs ws health files assets openapi.json login logout '
    'register setup config explain schema batch'.split()
)


SYSTEM_COLUMNS = {'id': 'VARCHAR', '_owner': 'VARCHAR', '_version': 'INTEGER'}
"""What every record has besides its fields, as far as expressions may name it."""


class Interface(Strict):
    """How people see an entity."""

    list_display: tuple[str, ...] = ()
    search_fields: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    ordering: tuple[str, ...] = ()
    per_page: int = Option(default=25, ge=5, le=500)
    display: str = ''
    """The field that stands for a record in lists and links."""
    icon: str = 'table_rows'


class Api(Strict):
    """How programs see an entity."""

    enabled: bool = True
    max_page: int = Option(default=500, ge=1, le=5000)


class Entity(Strict):
    """A kind of record: its fields, its key, who may do what."""

    resource: str
    label: str = ''
    description: str = ''
    key: tuple[str, ...] = ()
    """The fields that name a record; empty for ids that the system makes up."""
    fields: dict[str, Field]
    interface: Interface = Interface()
    permissions: Permissions = Permissions()
    api: Api = Api()

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.resource.replace('_', ' ').capitalize()

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        """The fields that have a column of their own: all but the id that every record has anyway."""
        return tuple(field for field in self.fields.values() if not field.minted)

    @cached_property
    def display(self) -> str:
        """The field that stands for a record."""
        named = [name for name in [*self.interface.list_display, *self.fields] if not self.fields[name].minted]
        return self.interface.display or next((n for n in named if self.fields[n].column != 'JSON'), named[0])

    @cached_property
    def listed(self) -> tuple[Field, ...]:
        """The columns of its grid."""
        return tuple(self.fields[name] for name in self.interface.list_display or self.fields)

    @cached_property
    def searched(self) -> tuple[Field, ...]:
        """The fields that a search looks into."""
        names = self.interface.search_fields or [name for name, field in self.fields.items() if field.searchable]
        return tuple(self.fields[name] for name in names)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """Its foreign keys."""
        return tuple(field for field in self.fields.values() if field.type_name == 'foreign_key')

    @cached_property
    def files(self) -> tuple[File, ...]:
        """The fields that hold files."""
        return tuple(field for field in self.stored if isinstance(field, File))

    def without(self, names: frozenset[str]) -> Entity:
        """The entity as somebody knows it who may not know of these fields."""
        if not names:
            return self
        interface = self.interface.model_copy(
            update={
                'search_fields': tuple(name for name in self.interface.search_fields if name not in names),
                'ordering': tuple(name for name in self.interface.ordering if name.removeprefix('-') not in names),
                'list_display': tuple(name for name in self.interface.list_display if name not in names),
                'filters': tuple(name for name in self.interface.filters if name not in names),
                'display': '' if self.interface.display in names else self.interface.display,
            }
        )
        fields = {name: field for name, field in self.fields.items() if name not in names}
        return Entity.model_construct(**{**dict(self), 'fields': fields, 'interface': interface})

    def readonly(self, names: frozenset[str]) -> Entity:
        """The entity as a form shows it to somebody who may not set these fields."""
        fields = {
            name: field.model_copy(update={'readonly': True}) if name in names else field
            for name, field in self.fields.items()
        }
        return Entity.model_construct(**{**dict(self), 'fields': fields}) if names else self

    def hidden_from(self, principal: Principal) -> frozenset[str]:
        """The names of the fields that `principal` may not see."""
        return frozenset(f.name for f in self.fields.values() if not may_field(f.permissions.read, principal))

    def closed_to(self, principal: Principal) -> frozenset[str]:
        """The names of the fields that `principal` may not set."""
        return frozenset(f.name for f in self.fields.values() if not may_field(f.permissions.write, principal))

    def named(self, hidden: frozenset[str] = frozenset()) -> dict[str, Named]:
        """The fields as expressions know them, by name, but for those that are hidden."""
        names = {name: Named(name, name, kind_of_column(column)) for name, column in SYSTEM_COLUMNS.items()}
        shown = [field for field in self.stored if field.name not in hidden]
        return names | {
            field.name: Named(field.name, field.id, kind_of_column(field.column), getattr(field, 'references', ''))
            for field in shown
        }

    def record_id(self, values: dict[str, Any]) -> str:
        """The id that a natural key spells: its parts percent-encoded and joined by `~`."""
        parts = [values.get(self.fields[name].id) for name in self.key]
        if any(part is None for part in parts):
            raise Invalid(
                errors={name: 'is required' for name, part in zip(self.key, parts, strict=True) if part is None}
            )
        record_id = '~'.join(encode_part(str(part)) for part in parts)
        if record_id in FIXED_WORDS or record_id in {'.', '..'}:
            raise Invalid(errors={self.key[0]: f'must not be {record_id!r}, which is an address of its own'})
        return record_id

    def given_id(self, value: Any) -> str:
        """An id that a client brings along for a new record."""
        field = self.fields.get('id') or FIELD_TYPES['primary_key'](name='id', type='primary_key')
        try:
            record_id = str(field.parse(value))
        except ValueError as error:
            raise Invalid(errors={'id': str(error)}) from None
        if record_id in FIXED_WORDS:
            raise Invalid(errors={'id': f'must not be {record_id!r}, which is an address of its own'})
        return record_id

    def canonical_id(self, segment: str) -> str:
        """The id that an address segment means, however its characters were encoded."""
        try:
            parts = [unquote(part, errors='strict') for part in segment.split('~')]
        except UnicodeDecodeError:
            raise NotFound(f'{segment!r} is not an id.') from None
        return '~'.join(encode_part(part) for part in parts)

    @model_validator(mode='after')
    def _check(self) -> Entity:
        for problem in _problems(self):
            raise ValueError(problem)
        return self


def encode_part(text: str) -> str:
    """A key part as it stands in an address."""
    return quote(text, safe='').replace('~', '%7E')


def _problems(entity: Entity) -> list[str]:
    problems = _wrong_fields(entity)
    if not re.fullmatch(r'[a-z][a-z0-9_]{0,59}', entity.resource) or entity.resource in FIXED_WORDS:
        problems.append(f'resource: {entity.resource!r} is not a free name of small letters, digits and underscores')
    interface = entity.interface
    for place, names in (
        ('key', entity.key),
        ('interface.list_display', interface.list_display),
        ('interface.search_fields', interface.search_fields),
        ('interface.filters', interface.filters),
        ('interface.ordering', [name.removeprefix('-') for name in interface.ordering]),
        ('interface.display', [interface.display] if interface.display else []),
    ):
        problems += [f'{place}: there is no field {name!r}' for name in names if name not in entity.fields]
    if not problems:
        problems += _wrong_conditions(entity)
    if not entity.stored:
        problems.append('fields: needs at least one besides the primary_key')
    return problems


def _wrong_conditions(entity: Entity) -> list[str]:
    problems = []
    for action, rule in entity.permissions.conditions():
        try:
            expression = parse_expression(rule[1:-1], Scope(entity.named()), wants=BOOLEAN, place='expression')
        except Malformed as error:
            problems.append(f'permissions.{action}: {error.detail}')
            continue
        if expression.paths:
            problems.append(f'permissions.{action}: a rule looks at the record itself, not at those it leads to')
    return problems


def _wrong_fields(entity: Entity) -> list[str]:
    problems = []
    names = [name.lower() for name in entity.fields]
    ids = [field.id.lower() for field in entity.fields.values()]
    for name, field in entity.fields.items():
        if not NAME.fullmatch(name) or names.count(name.lower()) > 1:
            problems.append(f'fields.{name}: names are letters, digits and underscores, and differ in more than case')
        elif not NAME.fullmatch(field.id) or ids.count(field.id.lower()) > 1:
            problems.append(f'fields.{name}: its id {field.id!r} must be a name that no other field has or once had')
        if field.minted and (name != 'id' or entity.key):
            problems.append(f'fields.{name}: a primary_key must be called id, and leaves no room for key')
        if 'id' in {name.lower(), field.id.lower()} and not field.minted:
            problems.append(f'fields.{name}: id is the address of a record; make it a primary_key or name it otherwise')
        if field.column == 'JSON' and name in {word.removeprefix('-') for word in entity.interface.ordering}:
            problems.append(f'interface.ordering: {name} is {field.type_name}, which has no order')
    return problems
