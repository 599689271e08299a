"""What a saved view of a list says: which columns, which records, in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field as Option
from pydantic import StrictBool, StrictInt, StringConstraints, ValidationError

from app import codec
from app.crud.ordering import MOST, parse_order
from app.crud.query import PARAMETER, RESERVED
from app.crud.table import Table
from app.errors import Invalid, Malformed, TooLarge
from app.expressions import BOOLEAN, Scope, parse_expression
from app.schema import Entity
from app.strict import Strict

LARGEST = 20_000
"""Bytes of a state."""
SYSTEM = frozenset({'id', '_version', '_created', '_owner'})
"""What every record has besides its fields."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Function = Literal['sum', 'avg', 'min', 'max', 'count', 'distinct']
State = dict[str, Any]


class ViewColumn(Strict):
    """A column in its place."""

    name: Name
    width: StrictInt | None = Option(default=None, ge=20, le=4000)
    pin: Literal['left', 'right', True, False] | None = None
    hidden: StrictBool = False


class ViewState(Strict):
    """How a list looks and what it shows; all of it may be left out."""

    columns: list[ViewColumn] = Option(default_factory=list, max_length=500)
    filter: str = ''
    search: str = ''
    sort: str = ''
    parameters: dict[Name, str] = Option(default_factory=dict)
    density: Literal['compact', 'normal', 'tall'] = 'normal'
    totals: dict[Name, Function] = Option(default_factory=dict)


class ViewSent(Strict):
    """What a client says of a view."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)] = ''
    shared: StrictBool = False
    state: ViewState = ViewState()


def parse_view(sent: Any, scope: Scope) -> dict[str, Any]:
    """What was sent of a view, checked; what was left out is left out."""
    try:
        view = ViewSent.model_validate(sent)
    except ValidationError as error:
        raise Invalid(errors={_place(one['loc']): _message(one['msg']) for one in error.errors()}) from None
    told = view.model_dump(exclude_unset=True)
    if (size := len(codec.encode(told.get('state', {})))) > LARGEST:
        raise TooLarge(f'The state has {size:,} bytes; at most {LARGEST:,} are kept.')
    if not told.get('name', 'x').isprintable():
        raise Invalid(errors={'name': 'must be printable'})
    if strange := [name for name in view.state.parameters if not PARAMETER.fullmatch(name) or name in RESERVED]:
        raise Invalid(errors={'state.parameters': f'{strange[0]!r} is no filter of a field'})
    if view.state.sort.count(',') >= MOST:
        raise Invalid(errors={'state.sort': f'names more than {MOST} fields'})
    if problem := wrong_filter(view.state.filter, scope):
        raise Invalid(errors={'state.filter': problem})
    return told


def wrong_filter(text: str, scope: Scope) -> str:
    """What is wrong with the filter of a view, if anything is."""
    try:
        if text:
            parse_expression(text, scope, wants=BOOLEAN)
    except Malformed as problem:
        return problem.detail
    return ''


def wrong_sorts(state: State, table: Table, scope: Scope) -> set[str]:
    """What a view is sorted by of other records that are not there, or not for whoever looks: he is not told which."""
    wrong = set()
    for part in state.get('sort', '').split(','):
        try:
            if '.' in part:
                parse_order(table, table.entity, part, scope)
        except Malformed:
            wrong.add(part)
    return wrong


def strangers(state: State, entity: Entity) -> list[str]:
    """Where a view names what is no field, or none any more: one sentence each."""
    return [
        f'{place}: there is no field {name!r}'
        for place, name in _named(state)
        if name not in SYSTEM and entity.field(name) is None
    ]


def without(state: State, names: frozenset[str], sorts: Collection[str], entity: Entity) -> State:
    """The state for somebody who may not know of these fields, nor sort so; its filter must be seen to elsewhere."""

    def kept(spelled: str) -> bool:
        field = entity.field(_bare(spelled))
        return field is None or field.name not in names

    shown = dict(state)
    if 'columns' in state:
        shown['columns'] = [column for column in state['columns'] if kept(column['name'])]
    if 'sort' in state:
        shown['sort'] = ','.join(part for part in state['sort'].split(',') if kept(part) and part not in sorts)
    for place in ('parameters', 'totals'):
        if place in state:
            shown[place] = {name: value for name, value in state[place].items() if kept(name)}
    return shown


def _named(state: State) -> Iterator[tuple[str, str]]:
    yield from (('columns', column['name']) for column in state.get('columns', ()))
    yield from (('sort', _bare(part)) for part in state.get('sort', '').split(',') if part.strip() and '.' not in part)
    for place in ('parameters', 'totals'):
        yield from ((place, _bare(name)) for name in state.get(place, ()))


def _bare(spelled: str) -> str:
    """The name in `-name` or `name[gte]`."""
    return spelled.strip().removeprefix('-').partition('[')[0]


def _place(location: tuple[int | str, ...]) -> str:
    return '.'.join(str(part) for part in location) or 'body'


def _message(text: str) -> str:
    return text[:1].lower() + text[1:]
