"""Whatever rules say of the records that others lead to: lists, single records and those who follow agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import NotFound
from app.permissions import Principal
from tests.rounds import rounds
from tests.unit.crud.shop import ADMIN, Shop

RULES = [
    "boss.name = 'a'",
    "boss.boss.name = 'a' OR name = 'b'",
    'boss.name = @user.name AND boss.boss.id IS NULL',
    "coalesce(boss.name, boss.boss.name, 'none') <> name",
    'boss._owner = @user.id OR boss._version > 2',
    "NOT (boss.boss.name = 'a')",
]
WHO = Principal(id='root', name='a')
CHANGES = st.tuples(st.integers(0, 4), st.sampled_from(['a', 'b', None]), st.sampled_from([*range(5), None]))


def document(rule: int) -> str:
    """People who lead to each other, read by one of the rules."""
    fields = 'id: primary_key, name: string, boss_id: {type: foreign_key, references: people}'
    return f'resource: people\nfields: {{{fields}}}\npermissions: {{read: {{expression: "{RULES[rule]}"}}}}\n'


@pytest.fixture(scope='module')
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp('people'), {'entities/people.yaml': document(0)})
    for number in range(5):
        shop.create('people', id=str(number), by=ADMIN)
    yield shop
    shop.close()


def gettable(shop: Shop) -> set[str]:
    """Those that are found one by one."""
    found = set()
    for number in range(5):
        try:
            found.add(shop.get('people', str(number), by=WHO).id)
        except NotFound:
            continue
    return found


@settings(max_examples=rounds(60), deadline=None)
@given(rule=st.integers(0, len(RULES) - 1), changes=st.lists(CHANGES, max_size=6))
def test_what_is_listed_is_what_is_found_and_was_so_in_the_past(
    people: Shop, rule: int, changes: list[tuple[int, str | None, int | None]]
) -> None:
    people.configure({'entities/people.yaml': document(rule)})
    before = {people.log.position: set(people.ids('people', by=WHO))}
    for number, name, boss in changes:
        leads = None if boss is None else str(boss)
        people.change('people', str(number), name=name, boss_id=leads, by=ADMIN)
        before[people.log.position] = gettable(people)
        assert set(people.ids('people', by=WHO)) == before[people.log.position]
    for position, listed in before.items():
        assert set(people.ids('people', f'as_of={position}', by=WHO)) == listed
