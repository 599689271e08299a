"""What an author leaves in the meta of events."""

from __future__ import annotations

from app.crud.author import Author
from tests.unit.crud.shop import ADMIN, ANN


def test_the_meta_holds_what_is_known_and_nothing_empty() -> None:
    assert Author(principal=ANN, source='rest').meta() == {'actor': 'ann', 'source': 'rest'}
    full = Author(principal=ADMIN, source='import', request='r1', idempotency_key='k', fingerprint='f').of_batch('b')
    assert full.meta(owner='ann') == {
        'actor': 'root',
        'source': 'import',
        'request': 'r1',
        'batch': 'b',
        'fingerprint': 'f',
        'owner': 'ann',
    }


def test_an_owner_is_named_only_where_it_is_somebody_else() -> None:
    assert 'owner' not in Author(principal=ANN, source='page').meta(owner='ann')
