"""A field may be hidden from some and closed to others, by whichever way they come."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from app import codec
from app.config import WrongConfig, check
from app.crud.explaining import Explanations
from app.errors import Denied, Malformed, NotFound
from app.permissions import Principal
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, OPEN, SELLER, Shop

PEOPLE = """
resource: people
fields:
  name: {type: string, searchable: true}
  salary: {type: decimal, searchable: true, permissions: {read: [sales], write: [admin]}}
  grade: {type: string, default: junior, permissions: {write: [sales]}}
permissions: {create: authenticated, read: [owner, sales], update: authenticated, delete: authenticated}
"""


@pytest.fixture
def office(open_shop: OpenShop) -> Shop:
    """One person, made by an admin on behalf of nobody in particular."""
    shop = open_shop({'entities/people.yaml': PEOPLE})
    shop.create('people', ANN, id='eve', name='Eve')
    shop.change('people', 'eve', ADMIN, salary='5000')
    return shop


def test_a_hidden_field_is_in_no_list(office: Shop) -> None:
    [seen] = office.page('people', '', ANN).records
    assert seen.values == {'name': 'Eve', 'grade': 'junior'}
    [seen] = office.page('people', 'as_of=999', ANN).records
    assert 'salary' not in seen.values
    [seen] = office.page('people', '', SELLER).records
    assert seen.values['salary'] == '5000.00'


@pytest.mark.parametrize('query', ['salary=5000', 'salary[gt]=1', 'sort=salary', 'sort=-salary', 'salary[null]=true'])
def test_a_hidden_field_cannot_be_guessed_by_filters_or_order(office: Shop, query: str) -> None:
    with pytest.raises(Malformed, match='salary'):
        office.page('people', query, ANN)
    assert office.ids('people', query.replace('true', 'false'), SELLER) == ['eve']


def test_a_hidden_name_is_no_label_either(open_shop: OpenShop) -> None:
    names = 'name: {type: string, permissions: {read: [sales]}}'
    masked = f'resource: masked\nfields: {{id: primary_key, {names}, town: string}}\n{OPEN}'
    notes = 'resource: notes\nfields: {id: primary_key, about: {type: foreign_key, references: masked}}\n' + OPEN
    shop = open_shop({'entities/masked.yaml': masked, 'entities/notes.yaml': notes})
    shop.create('masked', ADMIN, id='m', name='secret', town='Bonn')
    shop.create('notes', ADMIN, about='m')
    shop.create('masked', ADMIN, id='k', name='secret')
    shop.create('notes', ADMIN, about='k')
    for who, labels in ((ANN, {'m': 'Bonn', 'k': 'k'}), (SELLER, {'m': 'secret', 'k': 'secret'})):
        assert shop.page('notes', 'labels=true', by=who).labels == {'masked': labels}


def test_a_hidden_field_is_not_searched(office: Shop) -> None:
    assert office.ids('people', 'search=5000', ANN) == []
    assert office.ids('people', 'search=5000', SELLER) == ['eve']
    assert office.ids('people', 'search=Eve', ANN) == ['eve']


def test_a_hidden_field_is_in_no_message(office: Shop) -> None:
    def told(principal: Principal) -> list[dict[str, Any]]:
        answer = office.run(office.data.changes.since('people', 0, 100, principal))
        return [message['values'] for message in codec.decode(codec.encode(answer))['changes']]

    assert told(ANN) == [{'name': 'Eve', 'grade': 'junior'}, {}]
    assert told(SELLER)[1] == {'salary': '5000.00'}
    assert told(ANN)[1] == {}, 'what was encoded for one is not sent to another'


def test_who_follows_live_gets_what_he_may_see(office: Shop) -> None:
    async def story(principal: Principal) -> dict[str, Any]:
        async with aclosing(office.data.changes.follow('people', 0, principal)) as messages:  # type: ignore[type-var]
            await anext(messages)
            await anext(messages)
            message: dict[str, Any] = codec.decode(await asyncio.wait_for(anext(messages), 10))
            return message

    assert office.run(story(ANN))['values'] == {}
    assert office.run(story(SELLER))['values'] == {'salary': '5000.00'}


@pytest.mark.parametrize('verb', ['create', 'change', 'replace'])
def test_a_closed_field_is_set_by_nobody_else(office: Shop, verb: str) -> None:
    before = len(office.events())
    with pytest.raises(Denied, match='salary') as refusal:
        if verb == 'create':
            office.create('people', SELLER, name='Max', salary='1')
        else:
            getattr(office, verb)('people', 'eve', SELLER, salary='1')
    assert refusal.value.errors == {'salary': 'may not be set by you'}
    with pytest.raises(Denied, match='grade'):
        office.bring('people', 'name,grade\nMax,senior\n', ANN)
    assert len(office.events()) == before


def test_replacing_all_fields_leaves_those_alone_that_one_may_not_see_or_set(office: Shop) -> None:
    office.replace('people', 'eve', ANN, name='Eva')
    assert office.get('people', 'eve').values == {'name': 'Eva', 'salary': '5000.00', 'grade': 'junior'}


def test_a_rule_about_owners_makes_no_sense_for_a_field() -> None:
    with pytest.raises(WrongConfig, match='has no owner of its own'):
        check({'entities/people.yaml': PEOPLE.replace('write: [admin]', 'write: [owner]')})


def explain(office: Shop, action: str, user: str, by: Principal = ADMIN, record: str = 'eve') -> dict[str, Any]:
    """The explanation that `by` gets."""
    known = {'ann': ANN, 'bob': BOB, 'sam': SELLER}
    explanations = Explanations(office.data.views, known.get)
    return office.run(explanations.explain('people', record, action, user, by))


def test_it_is_explained_who_may_do_what_and_why(office: Shop) -> None:
    said = explain(office, 'read', 'ann')
    assert (said['allowed'], said['hidden_fields'], said['closed_fields']) == (True, ['salary'], ['grade', 'salary'])
    assert said['reason'].endswith('This one is his.')
    said = explain(office, 'read', 'bob')
    assert (said['allowed'], said['reason'].endswith('belongs to someone else.')) == (False, True)
    said = explain(office, 'update', 'sam')
    assert (said['allowed'], said['closed_fields']) == (True, ['salary'])


def test_an_explanation_tells_nobody_what_he_may_not_know(office: Shop) -> None:
    assert explain(office, 'update', '', by=ANN)['user'] == 'ann'
    with pytest.raises(Denied, match='Only admins'):
        explain(office, 'read', 'bob', by=ANN)
    with pytest.raises(NotFound):
        explain(office, 'read', '', by=BOB)
    with pytest.raises(NotFound):
        explain(office, 'read', 'nobody')
    with pytest.raises(NotFound):
        explain(office, 'read', 'ann', record='max')
    with pytest.raises(Malformed, match='action'):
        explain(office, 'eat', 'ann')
