"""Whatever is written between searches, memory finds what the database finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from tests.rounds import rounds
from tests.unit.crud.shop import ADMIN, OPEN, Shop
from tests.unit.crud.test_searching import found

NOTES = f"""
resource: notes
fields:
  id: {{type: primary_key, searchable: true}}
  title: {{type: string, searchable: true}}
  text: {{type: text, searchable: true}}
  pages: integer
{OPEN}"""
LETTERS = 'aAbİißẞΣσςé%_\\\'"\n \t1 \u2028\u0130\ufb01𝔸'
VALUES = st.text(alphabet=LETTERS, max_size=6)
WORDS = st.lists(st.text(alphabet=LETTERS, max_size=3), min_size=1, max_size=3).map(' '.join)
VERBS = st.one_of(
    st.tuples(st.sampled_from(['create', 'change', 'retitle', 'delete', 'restore']), st.integers(0, 7), VALUES),
    st.tuples(st.just('search'), st.integers(0, 3), WORDS),
)


@pytest.fixture(scope='module')
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp('notes'), {'entities/notes.yaml': NOTES})
    yield shop
    shop.close()


def compare(shop: Shop, words: str, limit: int) -> None:
    """All pages of a search, one after the other, as memory and as the database give them."""
    assert words.split() == [] or found(shop, 'notes', words) is not None
    cursor = ''
    while True:
        asked = [('search', words), ('count', 'none'), ('limit', str(limit)), ('cursor', cursor)]
        page = shop.run(shop.data.views.page('notes', asked, ADMIN))
        at_hand = shop.run(shop.data.at_hand.page('notes', asked, ADMIN))
        assert at_hand == codec.encode(page.as_json()) or not words.split()
        if not (cursor := page.next or ''):
            break
    later = [('search', words), ('count', 'none'), ('limit', '2'), ('offset', str(limit))]
    page = shop.run(shop.data.views.page('notes', later, ADMIN))
    at_hand = shop.run(shop.data.at_hand.page('notes', later, ADMIN))
    assert at_hand == codec.encode(page.as_json()) or not words.split()


@settings(max_examples=rounds(60), deadline=None)
@given(verbs=st.lists(VERBS, max_size=20))
def test_searches_find_what_the_database_finds_whatever_was_written_between(
    notes: Shop, verbs: list[tuple[str, int, str]]
) -> None:
    for verb, number, text in verbs:
        record_id = f'{"iI"[number % 2]}{number}'
        events = notes.events(f'notes/{record_id}')
        there = bool(events) and events[-1].type != 'deleted'
        if verb == 'create' and not there:
            notes.create('notes', id=record_id, title=text, text=text[::-1])
        elif verb == 'change' and there:
            notes.change('notes', record_id, pages=len(events))
        elif verb == 'retitle' and there:
            notes.change('notes', record_id, title=text)
        elif verb == 'delete' and there:
            notes.delete('notes', record_id)
        elif verb == 'restore' and events and not there:
            notes.restore('notes', record_id)
        elif verb == 'search':
            compare(notes, text, number)
