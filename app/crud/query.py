"""What a client asks of a list, and the SQL that answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.crud.grouping import WORDS, counts
from app.crud.ordering import Order, beyond, parse_order, place_of
from app.crud.parameters import not_empty, unknown, whole_number
from app.crud.table import Table
from app.errors import Malformed
from app.expressions import BOOLEAN, Expression, Scope, parse_expression
from app.fields import Field
from app.fields.primary_key import PrimaryKey
from app.schema import Entity

PARAMETER = re.compile(r'(?P<name>[A-Za-z_]\w*)(\[(?P<operator>[a-z]+)\])?')
RESERVED = frozenset(
    {
        'filter',
        'fields',
        'expand',
        'group_by',
        'limit',
        'offset',
        'cursor',
        'sort',
        'search',
        'count',
        'labels',
        'after',
        'as_of',
    }
)
KNOWN = RESERVED - {'after'} | WORDS | {'count_of'}
SINGLE = frozenset({'sort', 'limit', 'offset', 'cursor', 'as_of', 'labels'})
"""What can be said once only."""
ID = PrimaryKey(type='primary_key', name='id', id='id')
"""Of records with a key of their own, which can be looked for by their id like others."""


@dataclass(slots=True)
class Query:
    """A list to be read: conditions with their parameters, the order, and which part."""

    where: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    filters: list[Expression] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """What is searched for; each word is a condition."""
    order: list[Order] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    """The rows after the cursor; they do not change how many there are in all."""
    beyond_parameters: list[Any] = field(default_factory=list)
    limit: int = 25
    offset: int = 0
    cursor: str = ''
    count: bool = True
    labels: bool = False
    as_of: str = ''
    """A moment or a position of the log; empty for now."""
    below: int | None = None
    """Newest first, the position that the cursor stands at."""

    @property
    def newest_first(self) -> bool:
        """Whether the order is that of creation, backwards."""
        return bool(self.order) and self.order[0].column == '_created' and self.order[0].descending

    @property
    def all_newest_first(self) -> bool:
        """Whether it asks for nothing but a part of all records, the newest first."""
        narrowed = self.where or self.filters or self.beyond or self.as_of
        return self.newest_first and not narrowed and self.limit > 0

    @property
    def newest_with_words(self) -> bool:
        """Whether it asks for nothing but the newest records that hold some words, however many there are."""
        narrowed = len(self.where) > len(self.words) or self.filters or self.as_of or self.count
        begins = type(self.below) is int if self.beyond else True
        return bool(self.words) and self.newest_first and len(self.order) == 1 and begins and not narrowed

    def add(self, condition: str, *parameters: Any) -> None:
        """Narrow the list."""
        self.where.append(condition)
        self.parameters += parameters


def parse_query(table: Table, parameters: Iterable[tuple[str, str]], hidden: frozenset[str], scope: Scope) -> Query:
    """The query that the address spells, or `Malformed` naming the parameter that is wrong.

    Fields that are `hidden` from whoever asks can neither be filtered, sorted nor searched by.
    """
    entity = table.entity.without(hidden)
    query = Query(
        limit=entity.interface.per_page, order=parse_order(table, entity, ','.join(entity.interface.ordering), scope)
    )
    for name, text in parameters:
        if name == 'sort':
            query.order = parse_order(table, entity, text, scope)
        elif name == 'search':
            _search(query, entity, text)
        elif name in {'limit', 'offset'}:
            setattr(query, name, whole_number(name, text, entity.api.max_page if name == 'limit' else 2**40))
        elif name == 'cursor':
            query.cursor = text
        elif name == 'as_of':
            query.as_of = not_empty(name, text)
        elif name == 'filter':
            query.filters.append(parse_expression(text, scope, wants=BOOLEAN))
        elif name == 'count':
            query.count = counts(text)
        elif name == 'labels':
            query.labels = text == 'true'
        else:
            _filter(query, entity, name, text)
    if query.cursor:
        _continue_after(query)
    return query


def _search(query: Query, entity: Entity, words: str) -> None:
    columns = [_searched(field) for field in entity.searched]
    for word in words.split()[:10]:
        if word.lower() == word.upper():  # no letters: capital or small makes no difference, at half the time
            conditions, sought = (f'contains({column}, ?)' for column in columns), word
        else:
            conditions = (f"{column} ILIKE ? ESCAPE '\\'" for column in columns)
            sought = '%' + re.sub(r'([%_\\])', r'\\\1', word) + '%'
        query.words.append(word)
        query.add(f'({" OR ".join(conditions) or "false"})', *[sought] * len(columns))


def _searched(field: Field) -> str:
    column = f't."{field.id if not field.minted else "id"}"'
    return column if field.minted or field.column == 'VARCHAR' else f'{column}::VARCHAR'


def _filter(query: Query, entity: Entity, parameter: str, text: str) -> None:
    match = PARAMETER.fullmatch(parameter)
    field = entity.field(match['name']) or (ID if match['name'] == 'id' else None) if match else None
    if not match or not field:
        raise unknown(parameter, [*entity.fields, *sorted(KNOWN)])
    operator = match['operator'] or 'eq'
    if operator not in field.operators:
        raise Malformed(f'{field.name} cannot be compared by {operator!r}; it knows {", ".join(field.operators)}.')
    column = f't."{"id" if field.minted else field.id}"'
    try:
        condition, values = field.condition(operator, column, text)
    except ValueError as error:
        raise Malformed(f'{field.name} {error}.') from None
    query.add(condition, *values)


def _continue_after(query: Query) -> None:
    place = place_of(query.order, query.cursor)
    condition, query.beyond_parameters = beyond(query.order, place)
    query.beyond = [condition]
    if query.newest_first and isinstance(place[0], int):
        query.below = place[0]
