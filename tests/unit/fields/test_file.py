"""Fields that hold files: their options, and which values and contents they take."""

from __future__ import annotations

from typing import Any

import pytest

from app import codec
from app.fields.file import File
from app.fields.image import Image
from app.file_kind import IMAGES
from tests.samples import GIF, KINDS, PNG, POLYGLOTS, SVG, sha256

VALUE = {'name': 'a.png', 'type': 'image/png', 'size': len(PNG), 'sha256': sha256(PNG)}


def file(**options: Any) -> File:
    """A field for files."""
    return File.model_validate({'name': 'f', 'type': 'file'} | options)


def image(**options: Any) -> Image:
    """A field for images."""
    return Image.model_validate({'name': 'f', 'type': 'image'} | options)


@pytest.mark.parametrize(
    ('size', 'number'), [(5, 5), ('10 MB', 10_000_000), ('1.5kB', 1_500), ('2 GB', 2_000_000_000), ('7B', 7)]
)
def test_the_largest_size_is_given_in_words_or_bytes(size: Any, number: int) -> None:
    assert file(max_size=size).max_size == number
    assert file().max_size == 10_000_000


@pytest.mark.parametrize(
    'options',
    [
        {'max_size': '10 apples'},
        {'max_size': 0},
        {'types': ['png']},
        {'types': ['*/*']},
        {'unique': True},
        {'default': VALUE},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r'must be|never unique|greater than'):
        file(**options)


@pytest.mark.parametrize('types', [['image/svg+xml'], ['application/pdf'], []])
def test_only_what_browsers_can_show_safely_is_an_image(types: list[str]) -> None:
    with pytest.raises(ValueError, match='must be among image/png'):
        image(types=types)
    assert image().types == image(types='image/*').types == IMAGES


def test_a_value_is_what_an_upload_answered() -> None:
    shown = file().shown(VALUE, '/api/things/1', '2026-05-03T10:00:00+02:00')
    assert shown['url'] == '/api/things/1/files/f?as_of=2026-05-03T10%3A00%3A00%2B02%3A00'
    assert file().shown(VALUE, '/api/things/1')['url'] == '/api/things/1/files/f'
    assert file().stored(shown) == file().accept(shown) == file().accept(VALUE) == VALUE
    assert file().accept(codec.canonical(VALUE)) == VALUE
    assert file().from_row(file().to_column(VALUE)) == VALUE


REFUSED: list[tuple[Any, str]] = [
    ('a.png', 'must be what an upload answered'),
    ([VALUE], 'must be what an upload answered'),
    ('{"name": }', 'is not valid JSON'),
    ({'sha256': sha256(PNG)}, 'must have name, type, size, sha256'),
    (VALUE | {'path': '/etc/passwd'}, 'must have name, type, size, sha256'),
    (VALUE | {'size': '12'}, 'must have a size that is a number'),
    (VALUE | {'size': True}, 'must have a size that is a number'),
    (VALUE | {'size': -1}, 'must have the sha256 and the size'),
    (VALUE | {'size': 10_000_001}, 'must have at most 10,000,000 bytes'),
    (VALUE | {'name': None}, 'must have a name that is a text'),
    (VALUE | {'sha256': '../../../etc/passwd'}, 'must have the sha256'),
    (VALUE | {'sha256': sha256(PNG).upper()}, 'must have the sha256'),
]


@pytest.mark.parametrize(('value', 'message'), REFUSED)
def test_any_other_value_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        file().accept(value)


def test_a_name_in_a_value_is_made_safe() -> None:
    assert file().accept(VALUE | {'name': '../../etc/passwd\r\n'})['name'] == 'passwd'


def test_only_the_types_of_the_field_are_taken() -> None:
    papers = file(types=['application/pdf', 'text/*'])
    assert papers.kind('text/csv') == 'text/csv'
    with pytest.raises(ValueError, match=r'must be a file of type application/pdf or text/\*, not image/png'):
        papers.accept(VALUE)
    with pytest.raises(ValueError, match='must be a file of type image/png or'):
        image().kind('image/svg+xml', SVG)
    with pytest.raises(ValueError, match='not image/svg'):
        file(types=['image/*']).kind('image/svg+xml', SVG)
    assert file(types=['image/svg+xml']).kind('image/svg+xml', SVG) == 'image/svg+xml'


@pytest.mark.parametrize('kind', IMAGES)
def test_an_image_is_what_begins_like_one(kind: str) -> None:
    assert image().kind(kind, KINDS[kind]) == image().kind('', KINDS[kind]) == kind


@pytest.mark.parametrize('content', POLYGLOTS.values(), ids=POLYGLOTS)
@pytest.mark.parametrize('declared', ['image/gif', 'image/jpeg', 'image/png', ''])
def test_what_only_pretends_to_be_an_image_is_none(content: bytes, declared: str) -> None:
    with pytest.raises(ValueError, match=r'is not the|holds markup|must be a file of type'):
        image().kind(declared, content)


def test_a_value_must_be_true_of_what_is_stored() -> None:
    image().check_content(VALUE, len(PNG), PNG)
    with pytest.raises(ValueError, match=r'has 5 bytes, not'):
        image().check_content(VALUE, 5, PNG)
    with pytest.raises(ValueError, match='is not the image/png that it is said to be'):
        image().check_content(VALUE, len(PNG), GIF)
    with pytest.raises(ValueError, match='is not of the type application/octet-stream'):
        file().check_content(VALUE | {'type': 'application/octet-stream'}, len(PNG), PNG)
