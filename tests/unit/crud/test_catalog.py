"""A new config takes effect completely or not at all; what the log knows is never lost on the way."""

from __future__ import annotations

import pytest

from app import codec
from app.crud import fitting
from app.errors import Conflict, NotFound
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ANN, CUSTOMERS, DOCUMENTS, OPEN, Shop, author

PLAIN = f'resource: things\nfields:\n  name: string\n{OPEN}'
SKU = f'resource: things\nfields:\n  name: string\n  sku: {{type: string, unique: true}}\n{OPEN}'


def things(text: str) -> dict[str, str]:
    """A config with one entity."""
    return {'entities/things.yaml': text}


def test_a_config_is_recorded_when_it_is_new_and_when_it_changes(shop: Shop) -> None:
    with shop.recording() as happened:
        shop.configure(DOCUMENTS)
    assert happened == []
    with shop.recording() as happened:
        shop.configure(
            DOCUMENTS | {'app.yaml': 'name: Shop\n', 'entities/staff.yaml': DOCUMENTS['entities/staff.yaml'] + '\n'}
        )
    assert sorted(happened) == ['changed config/app.yaml', 'changed config/entities/staff.yaml']
    with shop.recording() as happened:
        shop.configure(DOCUMENTS)
    assert sorted(happened) == ['changed config/entities/staff.yaml', 'deleted config/app.yaml']
    assert codec.parse(shop.events('config/entities/staff.yaml')[-1].data) == {'text': DOCUMENTS['entities/staff.yaml']}


def test_an_added_field_rebuilds_the_table_with_all_data(open_shop: OpenShop) -> None:
    shop = open_shop(things(PLAIN))
    kept, gone = (shop.create('things', name=name) for name in ('A', 'B'))
    shop.change('things', kept.id, name='A2')
    shop.delete('things', gone.id)
    shop.configure(things(PLAIN.replace('  name: string', '  name: string\n  size: integer')))
    assert shop.shown('things', kept.id) == {'id': kept.id, 'name': 'A2', 'size': None, '_version': 2}
    assert shop.change('things', kept.id, size=3).version == 3
    shop.configure(things(PLAIN))
    assert shop.shown('things', kept.id) == {'id': kept.id, 'name': 'A2', '_version': 3}
    shop.configure(things(PLAIN.replace('  name: string', '  size: integer\n  name: string')))
    assert shop.get('things', kept.id).values == {'size': 3, 'name': 'A2'}


@pytest.mark.parametrize('rows', [1, 2, 3, 100])
def test_a_table_is_rebuilt_page_by_page_as_it_was(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(fitting, 'PAGE', rows)
    narrow = things(f'resource: things\nkey: name\nfields: {{name: string, size: integer}}\n{OPEN}')
    wide = things(f'resource: things\nkey: name\nfields: {{name: string, size: integer, more: json}}\n{OPEN}')
    shop = open_shop(wide)
    for name in 'abcdefghij':
        shop.create('things', name=name, more={'is': name})
    for size, name in enumerate('abcabdabehij' * 2):
        shop.change('things', name, size=size)
    for name in 'abc':
        shop.delete('things', name)
    shop.restore('things', 'a')
    shop.create('things', name='b')
    before = shop.page('things', 'sort=name').as_json()
    shop.configure(narrow)
    shop.configure(wide)
    after = shop.page('things', 'sort=name').as_json()
    assert codec.encode(before) == codec.encode(after)
    assert shop.ids('things') == [record.id for record in shop.page('things').records]


def test_a_renamed_field_keeps_its_values_under_its_old_id(open_shop: OpenShop) -> None:
    shop = open_shop(things(SKU))
    record = shop.create('things', name='A', sku='1')
    shop.configure(things(SKU.replace('  sku: {', '  code: {id: sku, ')))
    assert shop.shown('things', record.id) == {'id': record.id, 'name': 'A', 'code': '1', '_version': 1}
    with pytest.raises(Conflict, match="code '1' is already used"):
        shop.create('things', code='1')


def test_an_entity_that_goes_and_comes_back_brings_its_data_back(open_shop: OpenShop) -> None:
    shop = open_shop(things(SKU))
    record = shop.create('things', name='A', sku='1')
    shop.configure({'app.yaml': ''})
    with pytest.raises(NotFound, match="There is no entity 'things'"):
        shop.get('things', record.id)
    again = open_shop({'app.yaml': ''})
    again.configure(things(SKU))
    assert again.shown('things', record.id) == {'id': record.id, 'name': 'A', 'sku': '1', '_version': 1}
    with pytest.raises(Conflict, match="sku '1' is already used"):
        again.create('things', sku='1')


def test_everything_is_there_again_after_a_restart(open_shop: OpenShop) -> None:
    shop = open_shop(DOCUMENTS)
    shop.create('customers', id='ada', name='Ada', email='a@b.c', extra={'a': [1, 2.5]})
    shop.create('orders', number='A', customer_id='ada')
    before = shop.shown('customers', 'ada')
    again = open_shop(DOCUMENTS)
    assert again.shown('customers', 'ada') == before
    with pytest.raises(Conflict, match=r'orders\.customer_id'):
        again.delete('customers', 'ada')


def test_a_field_cannot_become_unique_while_values_stand_twice_and_nothing_changes(open_shop: OpenShop) -> None:
    plain = SKU.replace(', unique: true', '')
    shop = open_shop(things(plain))
    records = [
        shop.create('things', name=name, sku=sku) for name, sku in zip('ABCD', ['1', '1', '2', None], strict=True)
    ]
    with shop.recording() as happened, pytest.raises(Conflict) as caught:
        shop.configure(things(SKU))
    assert caught.value.detail == "The records do not fit. things.sku would not be unique: '1' (2 records)."
    assert happened == []
    assert shop.create('things', sku='2').version == 1
    shop.change('things', records[1].id, sku='3')
    shop.change('things', records[2].id, sku='4')
    shop.configure(things(SKU))
    with pytest.raises(Conflict, match="sku '3' is already used"):
        shop.create('things', sku='3')
    shop.configure(things(plain))
    assert shop.create('things', sku='3').version == 1


def test_a_config_that_cannot_be_taken_over_leaves_tables_and_claims_as_they_were(open_shop: OpenShop) -> None:
    shop = open_shop(things(SKU))
    shop.create('things', name='A', sku='1')
    shop.create('things', name='A', sku='2')
    before = shop.query('SELECT * FROM claims ORDER BY ALL'), shop.query('SELECT * FROM records.things ORDER BY ALL')
    worse = SKU.replace('  name: string', '  more: date\n  name: {type: string, unique: true}')
    with pytest.raises(Conflict, match=r'things\.name would not be unique'):
        shop.configure(things(worse))
    assert before == (
        shop.query('SELECT * FROM claims ORDER BY ALL'),
        shop.query('SELECT * FROM records.things ORDER BY ALL'),
    )
    assert [*shop.catalog.entities['things'].fields] == ['name', 'sku']
    assert shop.create('things', name='A').version == 1


def test_a_value_whose_record_went_while_its_field_was_away_is_free(open_shop: OpenShop) -> None:
    shop = open_shop(things(SKU))
    gone, kept = (shop.create('things', name=sku, sku=sku) for sku in '12')
    shop.configure(things(PLAIN))
    shop.delete('things', gone.id)
    shop.configure(things(SKU))
    assert shop.create('things', sku='1').version == 1
    with pytest.raises(Conflict, match="sku '2' is already used"):
        shop.create('things', sku=kept.values['sku'])


def test_an_unchanged_table_is_not_rebuilt(open_shop: OpenShop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level('INFO')
    shop = open_shop(DOCUMENTS)
    caplog.clear()
    more = DOCUMENTS | {'entities/shelves.yaml': 'resource: shelves\nfields: {id: primary_key, name: string}\n'}
    shop.configure(more)
    assert caplog.text.count('building the table of') == 1
    shop.configure(more | {'entities/customers.yaml': CUSTOMERS + 'label: Clients\n'})
    open_shop(DOCUMENTS)
    assert caplog.text.count('building the table of') == 1


@pytest.mark.parametrize(
    ('before', 'after', 'value', 'refusal'),
    [
        (
            'decimal',
            '{type: decimal, scale: 1}',
            '1.55',
            r"things\.price must have at most 1 digits after the point: '1\.55'",
        ),
        ('decimal', 'integer', '1.50', r"must be a whole number: '1\.50' \(1 records, such as"),
        ('string', 'integer', 'abc', "must be a whole number: 'abc'"),
        ('timestamp', 'date', '2026-01-01T10:00:00Z', 'must be a day without a time'),
    ],
)
def test_a_type_that_does_not_fit_the_values_is_refused_and_loses_nothing(
    open_shop: OpenShop, before: str, after: str, value: str, refusal: str
) -> None:
    text = f'resource: things\nfields:\n  price: {{}}\n{OPEN}'
    shop = open_shop(things(text.replace('{}', before)))
    record = shop.create('things', price=value)
    with pytest.raises(Conflict, match=refusal):
        shop.configure(things(text.replace('{}', after)))
    assert shop.get('things', record.id).values == record.values


def test_a_type_that_fits_every_value_is_taken_over(open_shop: OpenShop) -> None:
    text = f'resource: things\nfields:\n  price: {{}}\n{OPEN}'
    shop = open_shop(things(text.replace('{}', 'integer')))
    record = shop.create('things', price=12)
    shop.configure(things(text.replace('{}', 'decimal')))
    assert shop.get('things', record.id).values == {'price': '12.00'}


PLACES = f"""
resource: places
unique: [[hall, seat]]
fields: {{hall: string, seat: integer, name: string}}
{OPEN}"""


def test_fields_are_unique_together(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/places.yaml': PLACES})
    first = shop.create('places', hall='A', seat=1)
    second = shop.create('places', hall='A', seat=2)
    shop.create('places', hall='A')
    shop.create('places', hall='A')
    with pytest.raises(Conflict, match="hall, seat 'A, 1' is already used") as refused:
        shop.change('places', second.id, seat=1)
    assert set(refused.value.errors) == {'hall', 'seat'}
    shop.change('places', first.id, hall='B')
    position = shop.log.position
    shop.change('places', second.id, seat=1)
    with pytest.raises(Conflict, match='all of it was changed since') as left:
        shop.run(shop.data.undo.undo(position, author(ANN)))
    assert [conflict['field'] for conflict in left.value.extra['conflicts']] == ['hall']


def test_fields_become_unique_together_only_where_they_are(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/places.yaml': PLACES.replace('unique: [[hall, seat]]\n', '')})
    twins = [shop.create('places', hall='A', seat=1) for _ in 'ab']
    with pytest.raises(Conflict, match=r"places.hall, seat would not be unique: \['A', '1'\] \(2 records"):
        shop.configure({'entities/places.yaml': PLACES})
    shop.delete('places', twins[0].id)
    shop.configure({'entities/places.yaml': PLACES})
    with pytest.raises(Conflict, match='is already used'):
        shop.create('places', hall='A', seat=1)
    shop.configure({'entities/places.yaml': PLACES.replace('[[hall, seat]]', '[[hall, name]]')})
    shop.create('places', hall='A', seat=1)
