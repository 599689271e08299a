"""What every field type knows: how its value is stored, checked, described, shown and edited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Option

from app import codec
from app.permissions import FieldPermissions

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement

COMPARISONS = {'eq': '=', 'ne': 'IS DISTINCT FROM', 'lt': '<', 'lte': '<=', 'gt': '>', 'gte': '>='}
LIMITS = ('min', 'max', 'min_length')
"""Options that bound what is stored, but not what it may be compared with."""
FIELD_TYPES: dict[str, type[Field]] = {}

Choices = Callable[[str, str], Awaitable[dict[str, str]]]
"""`await choices(entity, words)`: records of `entity` that match, as id -> label."""


class Field(BaseModel):
    """A value of one kind. Types override what differs from plain text."""

    model_config = ConfigDict(extra='forbid', frozen=True)

    type_name: ClassVar[str]
    operators: ClassVar[tuple[str, ...]] = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'contains', 'null')
    cell: ClassVar[str] = 'text'
    """How the grid shows a value; `assets/js/cells.js` has a formatter of that name."""
    minted: ClassVar[bool] = False
    """Whether the system fills in the value by itself."""
    derived: ClassVar[bool] = False
    """Whether it follows from the other values, so that it is neither stored nor sent."""
    sortable: ClassVar[bool] = True
    """Whether its values have an order."""
    wide: ClassVar[bool] = False
    """Whether its control needs the whole width of a form."""

    name: str
    id: str = Option(default='', description='The name it was first created with; stays when the field is renamed.')
    type: str
    aliases: tuple[str, ...] = ()
    """Names that it had before, and that programs may still use; its id always is one."""
    label: str = ''
    help: str = ''
    unit: str = Option(default='', max_length=40, description='Stands after the value.')
    placeholder: str = Option(default='', max_length=200, description='Stands in an empty input.')
    required: bool = False
    unique: bool = False
    searchable: bool = False
    readonly: bool = False
    default: Any = None
    default_expression: str = ''
    """Computed when a record is created without a value, out of its other values."""
    check: str = ''
    """An expression that must not be false of a record; where it is, `message` says what is wrong."""
    message: str = ''
    visible_if: str = ''
    """While this expression is not true of a record, the field is not shown, and not needed either."""
    required_if: str = ''
    readonly_if: str = ''
    """While this expression is true of a record, its value of the field cannot be changed."""
    permissions: FieldPermissions = FieldPermissions()

    def __init_subclass__(cls, *, type: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if type:
            cls.type_name = type
            FIELD_TYPES[type] = cls

    def model_post_init(self, _: Any) -> None:
        """Check the default as any other value, so that a wrong one is found with the config."""
        if not self.id:
            object.__setattr__(self, 'id', self.name)
        if self.default is not None:
            try:
                object.__setattr__(self, 'default', self.parse(self.default))
            except ValueError as error:
                raise ValueError(f'the default {error}') from None

    @property
    def fills_itself(self) -> bool:
        """Whether the moment of the change is its value, whatever a client sends."""
        return False

    @property
    def follows_changes(self) -> bool:
        """Whether it fills itself anew with every change."""
        return False

    @property
    def column(self) -> str:
        """The DuckDB type of its column."""
        return 'VARCHAR'

    @property
    def title(self) -> str:
        """What people read above a column or an input."""
        return self.label or self.name.removesuffix('_id').replace('_', ' ').capitalize()

    @property
    def needed(self) -> bool:
        """Whether a new record must bring a value along."""
        return self.required and self.default is None and not self.settled_later

    @property
    def ruled(self) -> bool:
        """Whether it says something of the record it stands in."""
        return any((self.default_expression, self.check, self.visible_if, self.required_if, self.readonly_if))

    @property
    def settled_later(self) -> bool:
        """Whether the other values decide if it needs one."""
        return bool(self.default_expression or self.visible_if)

    def for_new(self, values: Mapping[str, Any]) -> Any:
        """Its value in a new record, out of those that were sent by name."""
        return values.get(self.name, self.default)

    @property
    def measure(self) -> str:
        """What its values are counted in."""
        return self.unit

    def accept(self, value: Any) -> Any:
        """The stored form of what a client sent, or `ValueError` with a message that follows the field's name."""
        if value is None or value == '':
            if self.required:
                raise ValueError('is required')
            return None
        return self.parse(value)

    def parse(self, value: Any) -> Any:
        """The stored, JSON-ready form of a value that is not empty."""
        return parse_text(value)

    def read(self, column: str) -> str:
        """SQL that turns its column into the stored form."""
        return column

    def from_row(self, value: Any) -> Any:
        """What `read` gave, ready for JSON."""
        return value

    def to_column(self, value: Any) -> Any:
        """The stored form, ready to be cast to the column's type."""
        return value

    def condition(self, operator: str, column: str, text: str) -> tuple[str, list[Any]]:
        """SQL that holds where `column` compares so with the text of an address, and its parameters."""
        if operator == 'null':
            return f'{column} IS {"" if text != "false" else "NOT "}NULL', []
        if operator == 'contains':
            return f'contains(lower({column}), lower(?))', [text]
        values = [self.sought(part) for part in (text.split(',') if operator == 'in' else [text])]
        kind = self.compared_as(values)
        if operator == 'in':
            return f'{column} IN (SELECT unnest(?::VARCHAR[])::{kind})', [values]
        return f'{column} {COMPARISONS[operator]} ?::{kind}', values

    def compared_as(self, values: Sequence[Any]) -> str:
        """The SQL type in which the column is compared with values that `sought` gave."""
        return self.column

    def sought(self, text: str) -> Any:
        """What the text of an address is compared as; it may be beyond the limits of what can be stored.

        A text that no value can be is looked for in vain.
        """
        declared = type(self).model_fields
        limits: dict[str, Any] = {name: declared[name].default for name in LIMITS if name in declared}
        try:
            value = (self.model_copy(update=limits) if limits else self).parse(text)
        except ValueError:
            if self.column == 'VARCHAR':
                return text
            raise
        return value if isinstance(value, str) else codec.canonical(value)

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of the value."""
        return {'type': 'string'}

    def described(self) -> dict[str, Any]:
        """JSON Schema with everything the config says."""
        schema = self.json_schema() | {'title': self.title}
        if not self.required:
            schema['type'] = [schema['type'], 'null'] if 'type' in schema else schema.get('type')
        said = [self.help, self.measure and f'In {self.measure}', self.placeholder and f'Such as {self.placeholder}']
        schema['description'] = _sentences([part for part in said if part]) or None
        if self.default is not None:
            schema['default'] = self.default
        if self.readonly or self.minted or self.derived or self.fills_itself:
            schema['readOnly'] = True
        return {name: value for name, value in schema.items() if value is not None}

    def edited(self, value: Any) -> Any:
        """What stands in the form control for a stored value."""
        return '' if value is None else str(value)

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """The form control, showing `value`."""
        from nicegui import ui

        return ui.input(self.title, value=self.edited(value))


def parse_text(value: Any, *, longest: int = 100_000) -> str:
    """`value` as text; numbers are taken as they are written."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        if isinstance(value, (list, dict, bool)):
            raise ValueError('must be a text')
        value = str(value)
    text = str(value)
    if '\x00' in text:
        raise ValueError('must not hold a zero character')
    if len(text) > longest:
        raise ValueError(f'must have at most {longest} characters, got {len(text)}')
    return text


def _sentences(parts: list[str]) -> str:
    if len(parts) > 1:
        parts = [part if part.endswith(('.', '?', '!')) else f'{part}.' for part in parts]
    return ' '.join(parts)
