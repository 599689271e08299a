"""What a file is, by its first bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.file_kind import IMAGES, UNKNOWN, kind_of, plain_kind, settled_kind
from tests.samples import GIF, KINDS, PNG, POLYGLOTS, SVG


@pytest.mark.parametrize('kind', KINDS)
def test_a_kind_is_known_by_its_first_bytes(kind: str) -> None:
    assert kind_of(KINDS[kind]) == kind
    assert settled_kind(kind, KINDS[kind]) == kind
    assert settled_kind('', KINDS[kind]) == kind
    assert settled_kind('application/octet-stream', KINDS[kind]) == kind


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('length', [0, 1, 4, 8])
def test_the_beginning_of_a_header_is_no_header(kind: str, length: int) -> None:
    assert kind_of(KINDS[kind][:length]) in {'', 'application/pdf', 'image/jpeg'}
    assert kind_of(b'x' + KINDS[kind]) == ''


@pytest.mark.parametrize('content', POLYGLOTS.values(), ids=POLYGLOTS)
@pytest.mark.parametrize('declared', ['image/gif', 'image/png', 'image/jpeg', 'text/html', ''])
def test_what_is_two_things_at_once_is_never_an_image(content: bytes, declared: str) -> None:
    with suppress(ValueError):
        assert settled_kind(declared, content) not in IMAGES


@pytest.mark.parametrize(
    ('declared', 'content'),
    [('image/png', GIF), ('image/png', b'hello'), ('text/html', PNG), ('application/pdf', PNG), ('image/gif', SVG)],
)
def test_a_type_that_the_content_contradicts_is_refused(declared: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=f'is not the {declared} that it is said to be'):
        settled_kind(declared, content)


def test_what_is_not_known_by_its_bytes_is_what_its_sender_says() -> None:
    assert settled_kind('text/plain; charset=utf-8', b'hello') == 'text/plain'
    assert settled_kind('', b'hello') == UNKNOWN
    assert settled_kind('image/svg+xml', SVG) == 'image/svg+xml'


@pytest.mark.parametrize(
    ('declared', 'plain'),
    [
        ('IMAGE/JPG', 'image/jpeg'),
        (' text/Plain ;charset=x', 'text/plain'),
        ('text', UNKNOWN),
        ('text/html\r\nX-Evil: 1', UNKNOWN),
        ('a/b/c', UNKNOWN),
        (f'text/{"x" * 200}', UNKNOWN),
    ],
)
def test_a_type_is_brought_into_one_form(declared: str, plain: str) -> None:
    assert plain_kind(declared) == plain


@given(st.binary(max_size=64))
def test_any_bytes_have_a_kind_or_none(head: bytes) -> None:
    assert kind_of(head) in {'', *KINDS}
