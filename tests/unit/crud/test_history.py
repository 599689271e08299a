"""The life of a record: versions, blame, comparison, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.crud.operations import Operation, perform
from app.errors import Denied, Malformed, NotFound, Stale
from app.permissions import SYSTEM, Principal
from tests.unit.crud.shop import ANN, BOB, OPEN, Shop, author

SECRET = f"""
resource: people
fields:
  id: primary_key
  name: string
  salary: {{type: integer, permissions: {{read: boss, write: boss}}}}
{OPEN}"""
BOSS = Principal(id='boss', name='boss', roles=frozenset({'boss'}))


@pytest.fixture
def told(shop: Shop) -> Shop:
    """A customer with five versions."""
    shop.create('customers', id='ada', name='Ada', credit=1)
    shop.change('customers', 'ada', name='Ida', by=BOB)
    shop.change('customers', 'ada', credit=2)
    shop.delete('customers', 'ada')
    shop.restore('customers', 'ada')
    return shop


def test_history_tells_each_version_and_who_is_to_blame(told: Shop) -> None:
    said = told.run(told.data.life.history('customers', 'ada', ANN))
    told_of = [(one['version'], one['type'], one['actor']) for one in said['versions']]
    assert told_of[:3] == [(5, 'restored', 'ann'), (4, 'deleted', 'ann'), (3, 'changed', 'ann')]
    assert told_of[3:] == [(2, 'changed', 'bob'), (1, 'created', 'ann')]
    assert said['versions'][3]['changes']['name'] == {'from': 'Ada', 'to': 'Ida'}
    blame = said['blame']
    assert (blame['name']['actor'], blame['name']['version'], blame['credit']['version']) == ('bob', 2, 3)


@pytest.mark.parametrize(
    ('asked', 'versions', 'more'),
    [
        ({'limit': 2}, [5, 4], True),
        ({'limit': 2, 'before': 4}, [3, 2], True),
        ({'before': 3}, [2, 1], False),
        ({'limit': 5}, [5, 4, 3, 2, 1], False),
        ({'limit': 0}, [], True),
        ({'before': 1}, [], False),
    ],
)
def test_a_long_history_comes_in_parts_with_the_whole_blame(
    told: Shop, asked: dict[str, int], versions: list[int], more: bool
) -> None:
    said = told.run(told.data.life.history('customers', 'ada', ANN, **asked))
    assert ([one['version'] for one in said['versions']], said['more']) == (versions, more)
    assert (said['blame']['name']['version'], said['blame']['credit']['version']) == (2, 3)


def test_two_versions_are_compared(told: Shop) -> None:
    def compare(earlier: int, later: int) -> set[str]:
        return set(told.run(told.data.life.compare('customers', 'ada', ANN, earlier, later))['changes'])

    assert compare(1, 3) == {'name', 'credit', 'updated_at'}
    assert compare(2, 2) == compare(3, 5) == set()
    with pytest.raises(Malformed, match='no version 9; there are 1 to 5'):
        compare(1, 9)


def test_a_record_or_one_field_goes_back_to_an_earlier_version(told: Shop) -> None:
    def revert(to: int, fields: list[str] | None = None) -> tuple[str, str]:
        values = told.run(told.data.life.revert('customers', 'ada', to, fields, author(ANN), None)).values
        return values['name'], values['credit']

    assert revert(1, ['name']) == ('Ada', '2.00')
    assert revert(2) == ('Ida', '1.00')
    assert [event.type for event in told.events('customers/ada')][-2:] == ['changed', 'changed']


def test_what_one_may_not_see_is_not_in_the_history_either(shop: Shop) -> None:
    shop.configure({'entities/people.yaml': SECRET})
    shop.create('people', id='p', name='A', salary=5, by=BOSS)
    shop.change('people', 'p', salary=6, by=BOSS)
    shop.change('people', 'p', name='B', by=ANN)
    said = shop.run(shop.data.life.history('people', 'p', ANN))
    assert 'salary' not in str(said)
    assert 'salary' in shop.run(shop.data.life.history('people', 'p', BOSS))['blame']
    assert shop.run(shop.data.life.compare('people', 'p', ANN, 1, 2))['changes'] == {}
    reverted = shop.run(shop.data.life.revert('people', 'p', 1, None, author(ANN), None))
    assert (reverted.values['name'], reverted.values['salary']) == ('A', 6)
    with pytest.raises(Malformed, match="no field 'salary'"):
        shop.run(shop.data.life.revert('people', 'p', 1, ['salary'], author(ANN), None))


def test_the_history_of_others_records_is_theirs(shop: Shop) -> None:
    shop.create('orders', number='1', by=ANN)
    assert shop.run(shop.data.life.history('orders', '1', ANN))['versions']
    for principal, problem in ((BOB, NotFound), (Principal(id='k', name='k', scopes=frozenset()), Denied)):
        with pytest.raises(problem):
            shop.run(shop.data.life.history('orders', '1', principal))
    with pytest.raises(NotFound):
        shop.run(shop.data.life.history('orders', 'never', ANN))


def test_versions_of_which_one_might_not_have_known_are_left_out(tmp_path: Path) -> None:
    rule = '{expression: "agent = @user.name"}'
    rules = f'permissions: {{create: authenticated, read: {rule}, update: {rule}, delete: {rule}}}'
    fields = 'fields:\n  id: primary_key\n  agent: string\n  note: string'
    shop = Shop(tmp_path / 'data', {'entities/deals.yaml': f'resource: deals\n{fields}\n{rules}\n'})
    shop.create('deals', id='d', agent='ann', note='secret')
    batch = [Operation('update', 'deals', 'd', {'agent': 'bob', 'note': 'told'})]
    with pytest.raises(Denied):
        shop.run(perform(shop.data.records, batch, author(ANN)))
    shop.run(perform(shop.data.records, batch, author(SYSTEM)))
    shop.change('deals', 'd', note='his own', by=BOB)

    life = shop.data.life
    said = shop.run(life.history('deals', 'd', BOB))
    assert 'secret' not in str(said)
    assert [(one['version'], one['changes']['note']) for one in said['versions']] == [
        (3, {'from': 'told', 'to': 'his own'}),
        (2, {'from': None, 'to': 'told'}),
    ]
    assert (said['blame']['agent']['version'], said['blame']['note']['version']) == (2, 3)
    for asked in (life.compare('deals', 'd', BOB, 1, 3), life.revert('deals', 'd', 1, ['note'], author(BOB), None)):
        with pytest.raises(Malformed, match='no version 1; there are 2 to 3'):
            shop.run(asked)
    with pytest.raises(Stale) as stale:
        shop.change('deals', 'd', note='late', by=BOB, version=1)
    assert [one['version'] for one in stale.value.extra['changes']] == [2, 3]
    assert 'secret' not in str(stale.value.document())
    with pytest.raises(NotFound):
        shop.run(life.history('deals', 'd', ANN))
    shop.close()
