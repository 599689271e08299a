"""YAML is read with the line of everything, and what could surprise is refused."""

from __future__ import annotations

import datetime

import pytest

from app.yaml_lines import YamlError, read_yaml

TEXT = """\
resource: customers

fields:
  name:
    type: string
  tags:
    - one
    - two: 2
"""


@pytest.mark.parametrize(
    ('place', 'line'),
    [
        (('resource',), 1),
        (('fields',), 3),
        (('fields', 'name', 'type'), 5),
        (('fields', 'tags', 0), 7),
        (('fields', 'tags', 1, 'two'), 8),
        (('fields', 'name', 'lable'), 4),
        (('fields', 'nobody', 'type'), 3),
        (('nothing',), 1),
        ((), 1),
    ],
)
def test_a_place_has_the_line_of_the_nearest_thing_around_it(place: tuple[object, ...], line: int) -> None:
    assert read_yaml(TEXT)[1].of(place) == line


def test_what_a_clock_shows_is_a_text_and_no_number_of_base_60() -> None:
    text = 'a: 17:00\nb: -1:30:00\nc: 190:20:30.15\nd: 5\ne: -1.5\nf: 2026-05-03\n'
    day = datetime.date(2026, 5, 3)
    assert read_yaml(text)[0] == {'a': '17:00', 'b': '-1:30:00', 'c': '190:20:30.15', 'd': 5, 'e': -1.5, 'f': day}


@pytest.mark.parametrize(
    ('text', 'line', 'message'),
    [
        ('a: 1\nb: 2\na: 3\n', 3, "the key 'a' stands twice"),
        ('a:\n  - b: 1\n    b: 2\n', 3, "the key 'b' stands twice"),
        ('a:\n  ":onclick": 1\n', 2, "the key ':onclick' begins with a colon, which is refused everywhere"),
        ('a: 1\nb: [1}\n', 2, 'not valid YAML'),
        ('a: 1\n\tb: 2\n', 2, 'not valid YAML'),
        ('a: 2026-13-45\n', 1, 'not valid YAML: month must be in 1..12'),
        ('a: \x07\n', 1, 'not valid YAML'),
        ('a: 1\n---\nb: 2\n', 2, 'not valid YAML'),
        ('a: !!python/object/apply:os.system [ls]\n', 1, 'not valid YAML'),
        ('a: ' + '[' * 5000, 1, 'not valid YAML'),
        ('x' * 1_000_001, 1, 'is larger than 1,000,000 characters'),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        read_yaml(text)
    assert (caught.value.line, message in caught.value.message) == (line, True)


@pytest.mark.parametrize(
    'text',
    [
        'a: &a\n  b: *a\n',
        'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
        + ''.join(f'a{n}: &a{n} [{", ".join([f"*a{n - 1}"] * 10)}]\n' for n in range(1, 9)),
    ],
    ids=['a loop', 'a bomb'],
)
def test_aliases_cannot_make_a_document_endless(text: str) -> None:
    with pytest.raises(YamlError, match='nested too deeply, or too large once its aliases are followed'):
        read_yaml(text)


def test_an_alias_repeats_what_it_stands_for() -> None:
    content, _ = read_yaml('a: &text {type: string}\nb: *text\n')
    assert content == {'a': {'type': 'string'}, 'b': {'type': 'string'}}


def test_an_empty_document_is_nothing() -> None:
    content, lines = read_yaml('# only a comment\n')
    assert (content, lines.of(('fields',))) == (None, 1)
