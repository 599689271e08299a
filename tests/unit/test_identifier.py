"""Ids sort by the time they were made, and derived ones repeat."""

from __future__ import annotations

import uuid

from app.events.event import derived_id
from app.identifier import new_id


def test_a_new_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_ids_differ_and_sort_by_the_millisecond_they_were_made_in() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [id_[:13] for id_ in ids] == sorted(id_[:13] for id_ in ids)


def test_the_same_parts_give_the_same_id_and_no_others_do() -> None:
    assert derived_id('a', 'b') == derived_id('a', 'b')
    assert len({derived_id('a', 'b'), derived_id('ab'), derived_id('b', 'a'), derived_id('a', 'b', '')}) == 4
