"""What YAML may say of an entity, checked before anything uses it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import Field as Option
from pydantic import model_validator

from app.errors import Invalid
from app.expressions import Named, kind_of_column
from app.fields import FIELD_TYPES, Field
from app.fields.computed import Computed
from app.fields.file import File
from app.fields.reverse import Reverse
from app.identifier import encode_part
from app.layout import Layout, Tab
from app.permissions import Permissions, Principal, may_field
from app.schema_problems import FIXED_WORDS, problems_of, settle_computed
from app.strict import Strict

NONE = frozenset[str]()
SYSTEM_COLUMNS = {'id': 'VARCHAR', '_owner': 'VARCHAR', '_version': 'INTEGER'}
"""What every record has besides its fields, as far as expressions may name it."""


class Interface(Strict):
    """How people see an entity."""

    list_display: tuple[str, ...] = ()
    search_fields: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    ordering: tuple[str, ...] = Option(default=(), max_length=20)
    per_page: int = Option(default=25, ge=5, le=500)
    display: str = ''
    """The field that stands for a record in lists and links."""
    icon: str = 'table_rows'
    actions: tuple[Literal['export_csv', 'bulk_delete'], ...] = ()
    """As older configs name them; whoever may read exports, and whoever may delete deletes many."""


class Api(Strict):
    """How programs see an entity."""

    enabled: bool = True
    max_page: int = Option(default=500, ge=100, le=5000)
    """Records that one answer may have at most; the grid asks for a hundred at a time."""
    base_path: str = ''
    """As older configs name it: `/api/` and the entity."""
    enable_bulk: Literal[True] = True
    enable_export: Literal[True] = True


class Entity(Strict):
    """A kind of record: its fields, its key, who may do what."""

    resource: str
    label: str = ''
    description: str = ''
    key: tuple[str, ...] = ()
    """The fields that name a record; empty for ids that the system makes up."""
    unique: tuple[tuple[str, ...], ...] = ()
    """Fields that are unique together, such as `[[order_id, line]]`."""
    fields: dict[str, Field]
    reverse: dict[str, Reverse] = Option(default_factory=dict)
    """The fields of this type; apart from others, since no record holds anything of them."""
    interface: Interface = Interface()
    layout: Layout = Layout()
    permissions: Permissions = Permissions()
    api: Api = Api()

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.resource.replace('_', ' ').capitalize()

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        """The fields that have a column of their own: all but the id that every record has anyway."""
        return tuple(field for field in self.readable if not field.derived)

    @cached_property
    def readable(self) -> tuple[Field, ...]:
        """The fields that a record shows besides its id: those stored and those computed."""
        return tuple(field for field in self.fields.values() if not field.minted)

    @cached_property
    def computed(self) -> tuple[Computed, ...]:
        """The fields that follow from others."""
        return tuple(field for field in self.fields.values() if isinstance(field, Computed))

    @cached_property
    def display(self) -> str:
        """The field that stands for a record; empty where nobody may see any."""
        named = [name for name in [*self.interface.list_display, *self.fields] if not self.fields[name].minted]
        plain = [name for name in named if self.fields[name].column != 'JSON']
        return self.interface.display or next(iter([*plain, *named]), '')

    @cached_property
    def listed(self) -> tuple[Field, ...]:
        """The columns of its grid."""
        return tuple(self.fields[name] for name in self.interface.list_display or self.fields)

    @property
    def form(self) -> tuple[Tab, ...]:
        """Where its fields stand in a form: all but those that the system fills in."""
        names = [field.name for field in self.fields.values() if not (field.minted or field.fills_itself)]
        return self.layout.arrange(names)

    @cached_property
    def searched(self) -> tuple[Field, ...]:
        """The fields that a search looks into."""
        names = self.interface.search_fields or [name for name, field in self.fields.items() if field.searchable]
        return tuple(self.fields[name] for name in names)

    @cached_property
    def uniques(self) -> tuple[tuple[Field, ...], ...]:
        """What no two records may share: single fields, and fields taken together."""
        together = (tuple(self.fields[name] for name in names) for names in self.unique)
        return (*((field,) for field in self.stored if field.unique), *together)

    @cached_property
    def sendable(self) -> frozenset[str]:
        """What a client may name in a record."""
        return frozenset(self.fields) | {'id', '_version'}

    @cached_property
    def ruled(self) -> tuple[Field, ...]:
        """The fields that say something of the record they stand in."""
        return tuple(field for field in self.stored if field.ruled)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """Its foreign keys."""
        return tuple(field for field in self.fields.values() if field.type_name == 'foreign_key')

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Names that fields had before -> those that they have now."""
        former = {alias: field.name for field in self.fields.values() for alias in (field.id, *field.aliases)}
        return {alias: name for alias, name in former.items() if alias not in self.fields}

    def field(self, name: str) -> Field | None:
        """The field that has or once had this name."""
        return self.fields.get(name) or self.fields.get(self.aliases.get(name, ''))

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
        """The names of the fields that `principal` may not see, and of those that follow from them."""
        if not self._guarded:
            return NONE
        hidden = {f.name for f in self.fields.values() if not may_field(f.permissions.read, principal)}
        return frozenset(hidden | {f.name for f in self.computed if not hidden.isdisjoint(f.read_expression.names)})

    def closed_to(self, principal: Principal) -> frozenset[str]:
        """The names of the fields that `principal` may not set."""
        return frozenset(f.name for f in self._protected if not may_field(f.permissions.write, principal))

    @cached_property
    def _guarded(self) -> bool:
        """Whether there are fields that not everybody may see."""
        return any(field.permissions.read is not None for field in self.fields.values())

    @cached_property
    def _protected(self) -> tuple[Field, ...]:
        """The fields that not everybody may set."""
        return tuple(field for field in self.fields.values() if field.permissions.write is not None)

    def named(self, hidden: frozenset[str] = frozenset(), *, stored: bool = False) -> dict[str, Named]:
        """The fields as expressions know them, by name, but for those that are hidden or, if asked, not `stored`."""
        names = {name: Named(name, name, kind_of_column(column)) for name, column in SYSTEM_COLUMNS.items()}
        shown = [field for field in (self.stored if stored else self.readable) if field.name not in hidden]
        names |= {
            field.name: Named(field.name, field.id, kind_of_column(field.column), getattr(field, 'references', ''))
            for field in shown
        }
        return names | {alias: names[name] for alias, name in self.aliases.items() if name in names}

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

    @model_validator(mode='before')
    @classmethod
    def _set_apart(cls, content: Any) -> Any:
        if not isinstance(content, dict) or not isinstance(content.get('fields'), dict):
            return content
        if 'reverse' in content:
            raise ValueError('reverse: is a type of fields')
        apart = {name: field for name, field in content['fields'].items() if isinstance(field, Reverse)}
        fields = {name: field for name, field in content['fields'].items() if name not in apart}
        return content | {'fields': fields, 'reverse': apart}

    @model_validator(mode='after')
    def _check(self) -> Entity:
        for problem in settle_computed(self) or problems_of(self):
            raise ValueError(problem)
        return self
