"""Entities know their parts and how a record's key spells its id."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import check
from app.errors import Invalid, NotFound
from app.identifier import canonical_id, encode_part
from app.schema import Entity
from app.schema_problems import FIXED_WORDS
from tests.rounds import rounds

PLAIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._'


def entity(text: str) -> Entity:
    """The one entity of a document."""
    return next(iter(check({'entities/x.yaml': f'resource: lines\n{text}'}).entities.values()))


PAIRS = entity('key: [a, b]\nfields: {a: {type: string, id: first}, b: string, c: string}')
MINTED = entity('fields: {id: primary_key, a: {type: string, searchable: true}, b: string}')


@given(st.text(min_size=1), st.text(min_size=1))
@settings(deadline=None, max_examples=rounds(200))
def test_any_key_spells_an_id_that_reads_back(a: str, b: str) -> None:
    record_id = PAIRS.record_id({'first': a, 'b': b})
    assert set(record_id) <= set(PLAIN + '%~')
    assert canonical_id(record_id) == record_id
    assert record_id.count('~') == 1


@given(st.lists(st.text(min_size=1), min_size=4, max_size=4))
@settings(deadline=None, max_examples=rounds(200))
def test_different_keys_spell_different_ids(parts: list[str]) -> None:
    one, two = tuple(parts[:2]), tuple(parts[2:])
    ids = {PAIRS.record_id({'first': a, 'b': b}) for a, b in (one, two)}
    assert len(ids) == len({one, two})


@given(st.text(min_size=1, max_size=20))
@settings(deadline=None, max_examples=rounds(100))
def test_an_id_may_be_encoded_more_than_needed(text: str) -> None:
    every_byte = ''.join(f'%{byte:02x}' for byte in text.encode())
    assert canonical_id(f'{every_byte}~{every_byte}') == f'{encode_part(text)}~{encode_part(text)}'


def test_an_id_that_is_no_text_names_no_record() -> None:
    with pytest.raises(NotFound, match="'%ff' is not an id"):
        canonical_id('%ff')


def test_every_missing_part_of_a_key_is_named_as_people_know_it() -> None:
    with pytest.raises(Invalid) as caught:
        PAIRS.record_id({})
    assert caught.value.errors == {'a': 'is required', 'b': 'is required'}


@pytest.mark.parametrize('word', [*sorted(FIXED_WORDS), '.', '..'])
def test_a_key_cannot_be_the_address_of_something_else(word: str) -> None:
    with pytest.raises(Invalid, match='which is an address of its own'):
        entity('key: a\nfields: {a: string}').record_id({'a': word})


@pytest.mark.parametrize(
    ('given_id', 'message'),
    [
        ('import', "must not be 'import'"),
        ('..', 'may only hold letters'),
        ('a b', 'may only hold letters'),
        ('a/b', 'may only hold letters'),
        ('x' * 201, 'must have at most 200 characters, got 201'),
        ([], 'must be a text'),
    ],
)
def test_an_id_that_a_client_brings_must_fit_into_an_address(given_id: Any, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        MINTED.given_id(given_id)
    assert message in caught.value.errors['id']


def test_a_good_id_is_taken_as_it_is() -> None:
    assert (MINTED.given_id('A-1.b_2'), MINTED.given_id(7)) == ('A-1.b_2', '7')


def test_an_entity_knows_its_parts() -> None:
    assert [field.name for field in MINTED.stored] == ['a', 'b']
    assert [field.name for field in MINTED.listed] == ['id', 'a', 'b']
    assert [field.name for field in MINTED.searched] == ['a']
    assert (MINTED.title, MINTED.display) == ('Lines', 'a')


def test_what_people_see_comes_first_from_what_the_config_says() -> None:
    shown = entity(
        'label: Order lines\nfields: {a: {type: string, searchable: true}, b: string}\n'
        'interface: {list_display: [b, a], search_fields: [b]}'
    )
    assert [field.name for field in shown.listed] == ['b', 'a']
    assert [field.name for field in shown.searched] == ['b']
    assert (shown.title, shown.display) == ('Order lines', 'b')
