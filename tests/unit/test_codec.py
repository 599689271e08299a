"""JSON is read strictly and written in one way only."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.errors import Malformed
from tests.rounds import rounds

KEYS = st.text(max_size=5).filter(lambda key: not key.startswith(':'))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-codec.LARGEST_INTEGER, codec.LARGEST_INTEGER)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20).map(
        lambda number: number + Decimal('0.5')
    )
    | st.text()
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@given(VALUES)
@settings(deadline=None, max_examples=rounds(150))
def test_what_is_written_is_read_back_as_it_was(value: object) -> None:
    assert codec.decode(codec.encode(value)) == value
    assert codec.decode(codec.canonical(value)) == value


@given(st.dictionaries(KEYS, LEAVES, min_size=2, max_size=6))
@settings(deadline=None, max_examples=rounds(60))
def test_the_order_of_keys_does_not_show_in_the_canonical_text(value: dict[str, object]) -> None:
    assert codec.canonical(dict(reversed(value.items()))) == codec.canonical(value)


@pytest.mark.parametrize('text', ['0.1', '12.50', '1E+5', '0.30000000000000000000000000000001', '-0.0'])
def test_decimals_keep_every_digit(text: str) -> None:
    assert codec.encode(codec.decode(text)).decode() == text


def test_raw_parts_are_copied_as_they_are() -> None:
    assert codec.encode({'a': codec.Raw('{"b": 1.50}')}) == b'{"a":{"b": 1.50}}'


def test_what_has_no_json_form_is_a_bug_and_not_a_text() -> None:
    with pytest.raises(TypeError, match='not JSON serializable'):
        codec.encode({'a': {1, 2}})


@pytest.mark.parametrize(
    ('body', 'message'),
    [
        (b'', 'Not valid JSON: .* line 1, column 1'),
        (b'{"a": 1,\n "b": }', 'line 2, column 7'),
        (b'{"a": 1, "a": 2}', "The key 'a' stands twice"),
        (b'[{"b": {"x": 1, "y": 2, "x": 1}}]', "The key 'x' stands twice"),
        (b'{":onclick": "alert(1)"}', "':onclick' begins with a colon"),
        (b'{"a": [{":b": 1}]}', "':b' begins with a colon"),
        (b'NaN', 'NaN is not a JSON value'),
        (b'[-Infinity]', '-Infinity is not a JSON value'),
        (b'9223372036854775808', 'does not fit into 64 bits; send it as a string'),
        (b'[-99999999999999999999999999999999]', 'does not fit into 64 bits'),
        (b'1e400', 'out of range'),
        (b'1e-400', 'out of range'),
        (b'"\xff"', 'not UTF-8: byte 1 '),
        (rb'"\ud83d"', 'Not valid JSON'),
        (rb'{"a": "\uDE00"}', 'Not valid JSON'),
        (b'[' * 100_000, 'nested too deeply'),
        (b'"a\nb"', 'Not valid JSON'),
        (b'{"a": 1} x', 'Not valid JSON'),
    ],
)
def test_what_is_not_the_json_we_want_is_refused_with_the_place(body: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        codec.decode(body)


@pytest.mark.parametrize(
    ('body', 'value'),
    [
        (rb'"\ud83d\ude00"', '😀'),
        (rb'"\\ud83d"', '\\ud83d'),
        (b'9223372036854775807', codec.LARGEST_INTEGER),
        (b'{"a:b": ": "}', {'a:b': ': '}),
        (b' [1] \n', [1]),
    ],
)
def test_what_only_looks_suspicious_is_read(body: bytes, value: object) -> None:
    assert codec.decode(body) == value
