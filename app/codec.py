"""JSON in and out: strict when reading, canonical when writing, decimals exact both ways."""

import json
from decimal import Decimal
from typing import Any

import orjson

from app.errors import Malformed

LARGEST_INTEGER = 2**63 - 1

Raw = orjson.Fragment


def encode(value: Any) -> bytes:
    """`value` as compact JSON; `Raw` parts are copied as they are, decimals keep every digit."""
    return orjson.dumps(value, default=_encode_exactly)


def encode_to_keep(value: Any) -> bytes:
    """`encode` for what stays in memory: orjson leaves up to 4 KB unused behind every text."""
    return bytes(memoryview(encode(value)))


def canonical(value: Any) -> str:
    """`value` as the one JSON text that equal values share: sorted keys, no spaces."""
    return orjson.dumps(value, default=_encode_exactly, option=orjson.OPT_SORT_KEYS).decode()


def decode(body: bytes | str) -> Any:
    """The value of a JSON text; duplicate keys, NaN, huge integers and `:` keys raise `Malformed`."""
    try:
        text = body if isinstance(body, str) else body.decode('utf-8')
        if '\\ud' in text or '\\uD' in text:
            orjson.loads(text)  # refuses half of a surrogate pair, which no UTF-8 text can hold
        return _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise Malformed(f'The body is not UTF-8: byte {error.start} cannot be read.') from None
    except json.JSONDecodeError as error:
        said = error.msg.removesuffix(' at')
        raise Malformed(f'Not valid JSON: {said} at line {error.lineno}, column {error.colno}.') from None
    except RecursionError:
        raise Malformed('The JSON is nested too deeply.') from None


class Unfinished(Exception):
    """A JSON text that is wrong at a position, or that only goes on there."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message, self.position = message, position


def decode_next(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `start`, and where it ends. Raises `Unfinished`, or `Malformed` as `decode` does."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise Unfinished(error.msg, error.pos) from None
    except RecursionError:
        raise Malformed('The JSON is nested too deeply.') from None
    if text.find('\\ud', start, end) >= 0 or text.find('\\uD', start, end) >= 0:
        decode(text[start:end])
    return value, end


def parse(text: str | bytes) -> Any:
    """The value of a JSON text that this system wrote itself."""
    return orjson.loads(text)


def _encode_exactly(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f'{type(value).__name__} has no JSON form')


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f'The key {twice!r} stands twice in one object.')
    for name in result:
        if name.startswith(':'):
            raise Malformed(f'The key {name!r} begins with a colon; such keys are refused everywhere.')
    return result


def _integer(text: str) -> int:
    number = int(text) if len(text) < 25 else LARGEST_INTEGER + 1
    if abs(number) > LARGEST_INTEGER:
        raise Malformed(f'The integer {text[:30]} does not fit into 64 bits; send it as a string.')
    return number


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not -400 < number.adjusted() < 308:
        raise Malformed(f'The number {text[:30]} is out of range.')
    return number


def _no_constant(text: str) -> Any:
    raise Malformed(f'{text} is not a JSON value.')


_DECODER = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant
)
