"""A change of the schema is tried on the real data; it happens completely or not at all, and loses nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import codec
from app.config import WrongConfig, check
from app.errors import Conflict, Denied, Invalid
from tests.unit.crud.changes import apply, plan, things, values, whole
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ANN, OPEN, author


def test_a_plan_says_what_would_change_and_changes_nothing(open_shop: OpenShop) -> None:
    shop = open_shop(things('name: string', 'size: string', 'colour: string'))
    shop.create('things', name='A', size='1', colour='red')
    shop.create('things', name='B', size='2')
    later = things('size: integer', 'title: {id: name, type: string, max_length: 50}', 'weight: decimal')
    with shop.recording() as happened:
        told = plan(shop, later)
    assert happened == []
    assert [(one['change'], one.get('field', '')) for one in told['changes']] == [
        ('remove_field', 'colour'), ('retype_field', 'size'), ('rename_field', 'title'), ('change_field', 'title'),
        ('add_field', 'weight'), ('reorder', ''),
    ]  # fmt: skip
    assert (told['possible'], told['records'], told['events']) == (True, 2, 2)
    [converted] = told['converted']
    assert (converted['field'], converted['records']) == ('size', 2)
    assert {'from': '2', 'to': 2, 'records': 1} in converted['samples']
    assert told['hints'] == ['If weight is colour by another name, write id: colour below it; its values stay then.']
    assert values(shop, 'size') == ['1', '2']


def test_a_retyped_field_is_converted_in_one_batch_that_can_be_undone(open_shop: OpenShop) -> None:
    shop = open_shop(things('name: string', 'size: string'))
    for name, size in (('A', '1'), ('B', '2.50'), ('C', None)):
        shop.create('things', name=name, size=size)
    with shop.recording() as happened:
        apply(shop, things('name: string', 'size: {type: decimal, scale: 3}'))
    assert [event.partition(' ')[0] for event in happened] == ['changed'] * 3
    assert values(shop, 'size') == ['1.000', '2.500', None]
    assert whole(shop)
    events = shop.events(f'things/{shop.page("things").records[1].id}')
    assert codec.parse(events[-1].data) == {'size': {'from': '2.50', 'to': '2.500'}}
    assert {codec.parse(event.meta)['batch'] for event in events[1:]} != {''}
    apply(shop, things('name: string', 'size: string'))
    assert values(shop, 'size') == ['1.000', '2.500', None]


def test_values_that_do_not_fit_are_listed_and_give_way_to_what_is_asked_for(open_shop: OpenShop) -> None:
    shop = open_shop(things('name: string', 'size: string'))
    first = shop.create('things', name='A', size='large')
    shop.create('things', name='B', size='7')
    shop.create('things', name='C')
    later = things('name: string', 'size: {type: integer, required: true}')
    told = plan(shop, later)
    assert not told['possible']
    problems = {one['value']: one for one in told['problems']}
    assert problems['large']['reason'] == 'must be a whole number'
    assert problems['large']['ids'] == [first.id]
    assert problems[None]['reason'] == 'is required'
    with shop.recording() as happened, pytest.raises(Conflict, match="size must be a whole number: 'large'"):
        apply(shop, later)
    assert (happened, values(shop, 'size')) == ([], ['large', '7', None])
    assert 'what is to be filled in must be a whole number' in plan(shop, later, size='x')['problems'][0]['reason']
    apply(shop, later, size=0)
    assert values(shop, 'size') == [0, 7, 0]
    assert whole(shop)
    shop.change('things', first.id, name='A2')
    assert shop.get('things', first.id).version == 3


def test_a_new_required_field_gives_its_default_to_those_who_are_there(open_shop: OpenShop) -> None:
    shop = open_shop(things('name: string'))
    shop.create('things', name='A')
    with pytest.raises(Conflict, match='state is required: no value'):
        apply(shop, things('name: string', 'state: {type: select, options: [new, old], required: true}'))
    apply(shop, things('name: string', 'state: {type: select, options: [new, old], required: true, default: new}'))
    assert values(shop, 'state') == ['new']
    assert whole(shop)


@pytest.mark.parametrize('kind', ['string', 'json', 'decimal'])
def test_a_removed_field_comes_back_with_its_values(open_shop: OpenShop, kind: str) -> None:
    shop = open_shop(things('name: string', f'extra: {kind}'))
    record = shop.create('things', name='A', extra='1.10')
    before = codec.encode(shop.shown('things', record.id)['extra'])
    apply(shop, things('name: string'))
    assert 'extra' not in shop.get('things', record.id).values
    shop.create('things', name='B')
    again = things('name: string', f'extra: {kind}')
    assert [one['change'] for one in plan(shop, again)['changes']] == ['restore_field']
    apply(shop, again)
    assert codec.encode(shop.shown('things', record.id)['extra']) == before
    assert whole(shop)


def test_a_removed_field_can_come_back_as_another_type(open_shop: OpenShop) -> None:
    shop = open_shop(things('name: string', 'size: string'))
    shop.create('things', name='A', size='12')
    apply(shop, things('name: string'))
    apply(shop, things('name: string', 'size: integer'))
    assert values(shop, 'size') == [12]
    assert whole(shop)


def test_options_that_are_in_use_cannot_go(open_shop: OpenShop) -> None:
    shop = open_shop(things('state: {type: select, options: [a, b]}'))
    shop.create('things', state='b')
    narrow = things('state: {type: select, options: [a]}')
    with pytest.raises(Conflict, match="state must be one of a: 'b'"):
        apply(shop, narrow)
    apply(shop, narrow, state='a')
    assert values(shop, 'state') == ['a']


def test_a_text_becomes_a_foreign_key_only_where_it_leads_somewhere(open_shop: OpenShop) -> None:
    people = {'entities/people.yaml': f'resource: people\nkey: name\nfields: {{name: string}}\n{OPEN}'}
    shop = open_shop(things('owner: string') | people)
    shop.create('people', name='Ann')
    shop.create('things', owner='Ann')
    lost = shop.create('things', owner='Bob')
    linked = things('owner: {type: foreign_key, references: people}') | people
    with pytest.raises(Conflict, match="owner there is no such record in people: 'Bob'"):
        apply(shop, linked)
    shop.delete('things', lost.id)
    apply(shop, linked)
    with pytest.raises(Conflict, match=r'things\.owner'):
        shop.delete('people', 'Ann')


def test_the_key_of_an_entity_with_records_cannot_change(open_shop: OpenShop) -> None:
    keyed = things('name: {type: string, required: true}', more='key: name')
    shop = open_shop(things('name: {type: string, required: true}'))
    record = shop.create('things', name='A')
    with pytest.raises(Conflict, match='the key of an entity that has records cannot change'):
        apply(shop, keyed)
    shop.delete('things', record.id)
    apply(shop, keyed)
    assert shop.create('things', name='B').id == 'B'


def test_conversions_that_make_values_equal_are_found(open_shop: OpenShop) -> None:
    shop = open_shop(things('code: {type: string, unique: true}'))
    shop.create('things', code='1')
    shop.create('things', code='01')
    with pytest.raises(Conflict, match='code would not be unique: 1 '):
        apply(shop, things('code: {type: integer, unique: true}'))


def test_a_removed_entity_comes_back_with_all_its_records(open_shop: OpenShop) -> None:
    other = {'entities/others.yaml': f'resource: others\nfields: {{name: string}}\n{OPEN}'}
    shop = open_shop(things('name: string', 'size: string') | other)
    record = shop.create('things', name='A', size='3')
    apply(shop, other)
    apply(shop, things('name: string', 'size: integer') | other)
    assert shop.get('things', record.id).values == {'name': 'A', 'size': 3}
    assert whole(shop)


def test_a_write_that_was_checked_by_the_older_config_is_checked_again(open_shop: OpenShop) -> None:
    shop = open_shop(things('name: string', 'size: string'))
    record = shop.create('things', name='A', size='1')

    async def story() -> list[Any]:
        activation = shop.catalog.activate(check(things('name: string', 'size: integer')), shop.log)
        writes = [shop.data.records.create('things', {'size': '2'}, author(ANN)) for _ in range(5)]
        changes = [shop.data.records.change('things', record.id, {'size': '5'}, author(ANN)) for _ in range(3)]
        return await asyncio.gather(activation, *writes, *changes)

    shop.run(story())
    assert values(shop, 'size') == [5, *[2] * 5]
    assert whole(shop)


def test_a_renamed_field_can_still_be_called_by_its_former_names(open_shop: OpenShop) -> None:
    shop = open_shop(things('name: string', 'size: {type: integer, permissions: {write: [sales]}}'))
    apply(shop, things('title: {id: name, type: string, aliases: [heading]}', 'extent: {id: size, type: integer}'))
    record = shop.create('things', name='A')
    shop.change('things', record.id, heading='B')
    assert shop.get('things', record.id).values == {'title': 'B', 'extent': None}
    for query in ('name=B', 'heading[ne]=A', "filter=name = 'B'", "filter=heading = 'B' AND title = name", 'sort=name'):
        assert shop.ids('things', query) == [record.id], query
    with pytest.raises(Invalid, match='is another name of title; send one of them'):
        shop.change('things', record.id, name='C', title='D')
    closed = things('name: string', 'extent: {id: size, type: integer, permissions: {write: [sales]}}')
    apply(shop, closed)
    with pytest.raises(Denied, match='You may not set extent'):
        shop.change('things', record.id, size=4)


def test_an_alias_that_names_two_fields_is_a_mistake() -> None:
    with pytest.raises(WrongConfig, match="the alias 'b' is a name of another field"):
        check(things('a: {type: string, aliases: [b]}', 'b: string'))
