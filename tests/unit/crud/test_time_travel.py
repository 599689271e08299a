"""The table of an entity as it was: at every position what a replay in Python gives, for all who may see it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.errors import Conflict, Malformed, NotFound, NotLoggedIn
from app.events import Event
from app.permissions import ANONYMOUS, Principal
from tests.rounds import rounds
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, OPEN, SELLER, Shop

NUMBERS = itertools.count()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    'credit': st.none() | st.decimals(-100, 100, places=2),
    'since': st.none() | st.dates().map(str),
    'active': st.none() | st.booleans(),
    'extra': st.none() | st.lists(st.integers(0, 2) | st.booleans() | st.text('a\'"\\\x7f😀', max_size=2), max_size=2),
}
NAMES = st.text('aÖ😀\'"\\\x1f\x7f', min_size=1, max_size=3)
CREATED = st.tuples(st.just('create'), st.fixed_dictionaries({'name': NAMES}, optional=VALUES))
CHANGED = st.tuples(st.just('change'), st.fixed_dictionaries({}, optional={'name': NAMES, **VALUES}))
GONE: st.SearchStrategy[Any] = st.tuples(st.sampled_from(['delete', 'restore']), st.just({}))
STEPS = st.lists(
    st.tuples(st.one_of(CREATED, CHANGED, GONE), st.sampled_from('ab'), st.sampled_from([ANN, BOB])), max_size=10
)
Table = dict[str, tuple[int, int, str, dict[str, Any]]]
"""Id -> version, position of the creation, owner and values."""


def replayed(events: Sequence[Event], entity: str) -> Table:
    """The records after `events`; without the help of anything that is tested here."""
    alive: Table = {}
    for event in events:
        category, _, name = event.stream.partition('/')
        if category != entity:
            continue
        data, meta = codec.decode(event.data), codec.decode(event.meta)
        if event.type in {'created', 'restored'}:
            alive[name] = event.version, event.position, meta.get('owner') or meta['actor'], data
        elif event.type == 'changed':
            _, created, owner, values = alive[name]
            after = values | {field: change['to'] for field, change in data.items()}
            alive[name] = event.version, created, owner, after
        else:
            del alive[name]
    return {name: (*rest, stored(values)) for name, (*rest, values) in alive.items()}  # type: ignore[misc]


def as_of(shop: Shop, entity: str, position: int) -> Table:
    """The same, by the query that is tested."""
    table = shop.catalog.table(entity)
    found = {}
    for name, version, created, owner, *values in shop.query(
        f'SELECT {table.select} FROM {table.as_of(position)} AS t'
    ):
        kinds = [field.type_name for field in table.fields.values()]
        read = [
            codec.decode(value) if kind == 'json' and value else value
            for kind, value in zip(kinds, values, strict=True)
        ]
        found[name] = version, created, owner, stored(dict(zip(table.fields, read, strict=True)))
    return found


def stored(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def differences(shop: Shop) -> list[str]:
    """What the check after a start would find, and stop all writing for."""
    return shop.run(shop.log.database.read(shop.catalog.differences))


@given(STEPS)
@settings(deadline=None, max_examples=rounds(10))
def test_the_table_at_every_position_is_what_a_replay_gives(lasting_shop: Shop, steps: list[Any]) -> None:
    shop, names = lasting_shop, f'{next(NUMBERS)}'
    before = len(shop.events())
    for (verb, values), name, who in steps:
        try:
            if verb == 'create':
                shop.create('customers', who, id=names + name, **values)
            else:
                getattr(shop, verb)('customers', names + name, who, **values)
        except (Conflict, NotFound):
            pass
    events = shop.events()
    for position in range(before, len(events) + 1):
        assert as_of(shop, 'customers', position) == replayed(events[:position], 'customers')
    assert as_of(shop, 'customers', 2**60) == replayed(events, 'customers')
    assert differences(shop) == []


FLOATING = ['1.10', '1e2', '0.12345678901234566', '[1.0]']
ODD = ['"\\u001f"', '{"\\u001f":"\\b"}']
PLAIN = ['"null"', '""', '{"to":1,"from":2}', '[null]', '"😀"', '{"a":9223372036854775807}']
JSON = pytest.mark.parametrize('texts', [FLOATING, ODD, PLAIN], ids=['floating', 'odd', 'plain'])


@JSON
def test_json_is_the_same_in_the_past(shop: Shop, texts: list[str]) -> None:
    for number, text in enumerate(texts):
        shop.create('customers', id=str(number), name='Ada', extra=[codec.decode(text)])
        shop.change('customers', str(number), extra=codec.decode(text))
    events = shop.events()
    for position in range(len(events) + 1):
        assert as_of(shop, 'customers', position) == replayed(events[:position], 'customers')


@JSON
def test_json_of_every_kind_counts_as_whole(shop: Shop, texts: list[str]) -> None:
    for number, text in enumerate(texts):
        shop.create('customers', id=str(number), name='Ada', extra=codec.decode(text))
    assert differences(shop) == []


RETYPED: list[tuple[str, str, list[Any]]] = [
    ('string', 'integer', ['1', '-5', '9223372036854775807']),
    ('{type: decimal, scale: 2}', '{type: decimal, scale: 4}', ['1.10', '99999999999999.99']),
    ('boolean', 'string', [True, False]),
    ('date', 'string', ['2026-05-03', '0001-01-01', '9999-12-31']),
    ('timestamp', 'string', ['2026-05-03T10:00:00.123456Z']),
    ('text', 'json', ['1', '"a"', '{"a": 1}']),
]


def test_a_field_of_another_type_makes_no_difference_between_table_and_log(open_shop: OpenShop) -> None:
    def document(number: int, kind: str) -> dict[str, str]:
        fields = f'fields: {{id: primary_key, word: string, x: {kind}}}'
        return {f'entities/e{number}.yaml': f'resource: e{number}\n{fields}\n{OPEN}'}

    shop = open_shop({path: text for n, row in enumerate(RETYPED) for path, text in document(n, row[0]).items()})
    for number, (_, _, values) in enumerate(RETYPED):
        for value in [*values, None]:
            record = shop.create(f'e{number}', x=value)
        for value in (values[0], None, values[-1]):
            shop.change(f'e{number}', record.id, x=value)
    shop.configure({path: text for n, row in enumerate(RETYPED) for path, text in document(n, row[1]).items()})
    assert differences(shop) == []


def test_renamed_new_and_dropped_fields_are_shown_as_they_are_called_today(open_shop: OpenShop) -> None:
    def documents(fields: str) -> dict[str, str]:
        return {'entities/items.yaml': f'resource: items\nfields: {{id: primary_key, {fields}}}\n{OPEN}'}

    shop = open_shop(documents('word: string, gone: integer'))
    shop.create('items', id='a', word='old', gone=1)
    position = len(shop.events())
    shop.configure(documents('term: {type: string, id: word}, fresh: {type: integer, default: 3}'))
    shop.change('items', 'a', term='new', fresh=5)
    assert shop.page('items', f'as_of={position}').records[0].values == {'term': 'old', 'fresh': None}
    assert differences(shop) == []


def at(event: Event, microseconds: int = 0) -> str:
    """A moment near an event, as an address spells it."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=event.recorded_at + microseconds)
    return moment.isoformat()


def test_a_moment_is_the_last_event_until_then(shop: Shop) -> None:
    shop.create('customers', id='a', name='One')
    shop.change('customers', 'a', name='Two')
    shop.delete('customers', 'a')
    created, changed, _ = shop.events('customers/a')

    def name(moment: str) -> str | None:
        records = shop.page('customers', f'as_of={moment}').records
        return records[0].values['name'] if records else None

    assert name(at(created, -1)) is None
    assert name(at(created)) == 'One'
    assert name(at(changed, -1)) == 'One'
    assert name(at(changed)) == 'Two'
    assert name(str(changed.position)) == 'Two'


@pytest.mark.parametrize('moment', ['yesterday', '2026-01-01', '2026-01-01T00:00:00', '-1', '1.5', '９', '1' * 19, '٣'])
def test_what_is_no_moment_is_refused_with_what_would_be(lasting_shop: Shop, moment: str) -> None:
    with pytest.raises(Malformed, match='as_of'):
        lasting_shop.page('customers', f'as_of={moment}')


def sell(shop: Shop) -> int:
    """Orders of two sellers, and a position after which all of them change; returns the position."""
    for number in range(7):
        shop.create('orders', BOB if number % 2 else ANN, number=f'{number}', status='paid' if number > 2 else 'draft')
    position = len(shop.events())
    for number in range(6):
        shop.change('orders', f'{number}', BOB if number % 2 else ANN, status='draft' if number > 2 else 'paid')
    shop.delete('orders', '6', ANN)
    return position


def test_the_past_is_filtered_sorted_searched_and_counted_like_the_present(shop: Shop) -> None:
    position = sell(shop)
    assert shop.ids('orders', f'as_of={position}&status=paid&sort=-number') == [*'6543']
    assert shop.page('orders', f'as_of={position}&status=paid&limit=1').total == 4
    assert shop.ids('orders', 'status=paid&sort=number') == ['0', '1', '2']


def test_a_cursor_leads_through_the_past_however_it_is_sorted(shop: Shop) -> None:
    position = sell(shop)
    for sort in ('number', '-number', 'status', '-status,number', '-_created', '_version', ''):
        query = f'as_of={position}&sort={sort}'
        seen, page = list[str](), shop.page('orders', f'{query}&limit=2')
        while True:
            seen += [record.id for record in page.records]
            assert page.total == 7
            if not page.next:
                break
            page = shop.page('orders', f'{query}&limit=2&cursor={page.next}')
        assert seen == shop.ids('orders', f'{query}&limit=100') and sorted(seen) == [*'0123456']


def test_the_past_is_open_to_nobody_who_may_not_see_the_present(shop: Shop) -> None:
    position = sell(shop)
    read = shop.data.views.get

    def ids(by: Principal) -> list[str]:
        return shop.ids('orders', f'as_of={position}&sort=number', by)

    assert (ids(ANN), ids(BOB), ids(SELLER)) == ([*'0246'], [*'135'], [*'0123456'])
    assert shop.run(read('orders', '6', ANN, as_of=str(position))).values['status'] == 'paid'
    for who, when, refusal in ((BOB, position, NotFound), (ADMIN, 1, NotFound), (ANONYMOUS, position, NotLoggedIn)):
        with pytest.raises(refusal):
            shop.run(read('orders', '6', who, as_of=str(when)))


def test_a_record_that_nobody_owns_is_not_the_one_of_an_earlier_owner(open_shop: OpenShop) -> None:
    fields = 'key: number\nfields: {number: string}\npermissions: {create: public, read: owner, delete: owner}'
    shop = open_shop({'entities/notes.yaml': f'resource: notes\n{fields}'})
    shop.create('notes', ANN, number='A')
    shop.delete('notes', 'A', ANN)
    position = len(shop.events()) - 1
    shop.create('notes', ANONYMOUS, number='A')
    assert shop.ids('notes', f'as_of={position}', ANN) == ['A']
    assert shop.ids('notes', 'as_of=999', ANN) == shop.ids('notes', '', ANN) == []
    assert differences(shop) == []
