"""A computed field follows from the others: in lists, filters, sums, history and memory alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.config import WrongConfig, check
from tests.rounds import rounds
from tests.unit.crud.changes import whole
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, OPEN, SELLER, Shop

LINES = f"""
resource: lines
fields:
  name: {{type: string}}
  price: {{type: decimal, precision: 12, scale: 2}}
  amount: integer
  total: {{type: computed, expression: price * amount, label: Sum}}
  share: {{type: computed, expression: amount / 3}}
  words: {{type: computed, expression: "upper(name) || ' ''x'''"}}
  big: {{type: computed, expression: price * amount > 100}}
  day: date
  month: {{type: computed, expression: month(day)}}
{OPEN}"""


@pytest.fixture
def lines(open_shop: OpenShop) -> Shop:
    return open_shop({'entities/lines.yaml': LINES})


def test_what_is_computed_is_shown_as_any_other_value(lines: Shop) -> None:
    made = lines.create('lines', name='a', price='12.50', amount=3, day='2026-05-03', total='7')
    assert list(made.values) == ['name', 'price', 'amount', 'total', 'share', 'words', 'big', 'day', 'month']
    computed = {name: made.values[name] for name in ('total', 'share', 'words', 'big', 'month')}
    assert computed == {'total': '37.50', 'share': 1.0, 'words': "A 'x'", 'big': False, 'month': 5}
    changed = lines.change('lines', made.id, amount=10)
    assert (changed.values['total'], changed.values['big']) == ('125.00', True)
    [listed] = lines.page('lines').records
    assert listed.values == changed.values == lines.get('lines', made.id).values
    assert codec.decode(lines.events(f'lines/{made.id}')[-1].data).keys() == {'amount'}
    then = lines.events(f'lines/{made.id}')[0].position
    assert lines.page('lines', f'as_of={then}').records[0].values['total'] == '37.50'
    assert whole(lines)


def test_lists_are_filtered_sorted_and_summed_by_it(lines: Shop) -> None:
    for name, amount in (('a', 1), ('b', 30), ('c', None), ('d', 7)):
        lines.create('lines', name=name, price=10, amount=amount)
    ids = {record.id: record.values['name'] for record in lines.page('lines').records}

    def names(query: str) -> str:
        return ''.join(ids[record_id] for record_id in lines.ids('lines', query))

    assert names('total[gt]=50&sort=name') == 'bd'
    assert names('filter=total > 50 AND big') == 'b'
    assert names('sort=-total') == 'bdac'
    first = lines.page('lines', 'sort=total&limit=2')
    assert names(f'sort=total&limit=2&cursor={first.next}') == 'bc'
    asked = [('sum', 'total'), ('group_by', 'big')]
    groups = lines.run(lines.data.aggregates.groups('lines', asked, ANN))['groups']
    assert [(one['group']['big'], one['sum']['total']) for one in groups] == [
        (False, '80.00'), (True, '300.00'), (None, None)
    ]  # fmt: skip


def test_what_follows_from_a_hidden_field_is_hidden_too(open_shop: OpenShop) -> None:
    text = LINES.replace('precision: 12, scale: 2', 'precision: 12, scale: 2, permissions: {read: [sales]}')
    shop = open_shop({'entities/lines.yaml': text})
    shop.create('lines', ADMIN, name='a', price=5, amount=2)
    [seen] = shop.page('lines', '', ANN).records
    assert {'price', 'total', 'big'}.isdisjoint(seen.values)
    assert shop.page('lines', '', SELLER).records[0].values['total'] == '10.00'


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ('expression: nme', 'there is no field'),
        ('expression: other + 1', 'there is no field'),
        ("expression: name = '@x'", 'follows from its own record alone'),
        ('expression: name, unique: true', 'a computed field has no unique'),
        ('expression: extra', 'cannot be shown'),
    ],
)
def test_what_cannot_be_computed_is_found_with_the_config(options: str, message: str) -> None:
    fields = f'name: string, extra: json, other: {{type: computed, expression: name}}, x: {{type: computed, {options}}}'
    with pytest.raises(WrongConfig, match=message):
        check({'entities/x.yaml': f'resource: things\nfields: {{{fields}}}\n'})


WRITABLE = st.characters(exclude_categories=['Cs'], exclude_characters='\0')
VALUES = st.fixed_dictionaries(
    {
        'name': st.one_of(st.none(), st.text(WRITABLE, max_size=5)),
        'price': st.one_of(st.none(), st.decimals(Decimal('-9999999999.99'), Decimal('9999999999.99'), places=2)),
        'amount': st.one_of(st.none(), st.integers(-(2**63) + 1, 2**63 - 1)),
        'day': st.one_of(st.none(), st.dates().map(str)),
    }
)


@settings(max_examples=rounds(60), deadline=None)
@given(values=VALUES)
def test_memory_and_database_compute_the_same(lasting_lines: Shop, values: dict[str, Any]) -> None:
    made = lasting_lines.create('lines', **values)
    [listed] = lasting_lines.page('lines', 'limit=1').records
    assert codec.encode(made.values) == codec.encode(listed.values)


@pytest.fixture(scope='module')
def lasting_lines(tmp_path_factory: pytest.TempPathFactory) -> Any:
    shop = Shop(tmp_path_factory.mktemp('lines'), {'entities/lines.yaml': LINES})
    yield shop
    shop.close()
