"""No sequence of schema changes and edits loses a value, and the tables are always what the log says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.crud import fitting
from app.errors import Conflict
from app.permissions import Principal
from tests.unit.crud.changes import apply, things, whole
from tests.unit.crud.shop import ANN, Shop

WRITTEN = ['1', '2.5', 'x', '2026-05-03', 'true', None]
TYPES = ['string', 'integer', '{type: decimal, scale: 2}', 'boolean', 'text', 'date', 'json']
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just('schema'), st.dictionaries(st.sampled_from('abc'), st.sampled_from(TYPES), max_size=3)),
        st.tuples(st.just('write'), st.dictionaries(st.sampled_from('abc'), st.sampled_from(WRITTEN))),
        st.tuples(st.just('delete'), st.just({})),
    ),
    max_size=14,
)  # fmt: skip


@pytest.mark.parametrize('examples', [6, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.parametrize('page', [1, 20_000])
def test_no_sequence_of_schema_changes_and_edits_loses_a_value(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, examples: int, page: int
) -> None:
    monkeypatch.setattr(fitting, 'PAGE', page)

    @settings(max_examples=examples, deadline=None)
    @given(steps=STEPS)
    def sequence(steps: list[tuple[str, dict[str, Any]]]) -> None:
        take_all(Shop(tmp_path_factory.mktemp('shop'), things('name: string')), steps)

    sequence()


def take_all(shop: Shop, steps: list[tuple[str, dict[str, Any]]]) -> None:
    """Step by step; in the end every value that was ever written is there."""
    try:
        for step in steps:
            take(shop, *step)
            assert whole(shop)
        latest = newest_values(shop)
        everything = things('name: string', *(f'{name}: json' for name in 'abc'))
        apply(shop, everything)
        for record in shop.page('things', 'limit=500').records:
            shown = {name: codec.decode(codec.encode(record.values[name])) for name in 'abc'}
            assert {name: as_text(value) for name, value in shown.items() if value is not None} == {
                name: as_text(value) for name, value in latest[record.id].items() if value is not None
            }
        assert whole(shop)
    finally:
        shop.close()


def take(shop: Shop, verb: str, what: dict[str, Any], by: Principal = ANN) -> None:
    """One step; those that do not fit are refused and change nothing."""
    ids = shop.ids('things')
    if verb == 'schema':
        before = shop.query('SELECT * FROM records.things ORDER BY ALL')
        try:
            apply(shop, things('name: string', *(f'{name}: {kind}' for name, kind in what.items())))
        except Conflict:
            assert shop.query('SELECT * FROM records.things ORDER BY ALL') == before
    elif verb == 'delete':
        for record_id in ids[:1]:
            shop.delete('things', record_id, by)
    else:
        fields = shop.catalog.entities['things'].fields
        sent = {name: value for name, value in what.items() if name in fields and fits(fields[name], value)}
        if ids and len(sent) > 1:
            shop.change('things', ids[0], **sent)
        else:
            shop.create('things', **sent)


def fits(field: Any, value: Any) -> bool:
    try:
        field.accept(value)
    except ValueError:
        return False
    return True


def newest_values(shop: Shop) -> dict[str, dict[str, Any]]:
    """Record id -> field id -> the value that its stream ended with, also of fields that are not there now."""
    found: dict[str, dict[str, Any]] = {}
    for row in shop.query(
        "SELECT stream, type, data FROM events WHERE starts_with(stream, 'things/') ORDER BY position"
    ):
        data, record = codec.decode(row[2]), found.setdefault(row[0].partition('/')[2], {})
        record |= data if row[1] == 'created' else {id_: change['to'] for id_, change in data.items()}
    return {id_: {name: value for name, value in values.items() if name in 'abc'} for id_, values in found.items()}


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else codec.canonical(value)
