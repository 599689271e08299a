"""Names of files, made safe."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.file_name import LONGEST, disposition, name_in, safe_name

HOSTILE = [
    ('../../etc/passwd', 'passwd'),
    ('C:\\windows\\system32\\cmd.exe', 'cmd.exe'),
    ('..', 'file'),
    ('', 'file'),
    ('   ', 'file'),
    ('/', 'file'),
    ('a\r\nSet-Cookie: x=1', 'aSet-Cookie: x=1'),
    ('a\x00.png', 'a.png'),
    ('invoice\u202egnp.exe', 'invoicegnp.exe'),
    ('\u200fa\u2066b\u2028c\ufeff.txt', 'abc.txt'),
    ('a. .', 'a'),
    ('\ud800lone.txt', 'lone.txt'),
    ('.htaccess', '.htaccess'),
    ('Zoë 😀.png', 'Zoë 😀.png'),
    ('e\u0301te\u0301.txt', 'été.txt'),
    ('👩\u200d🚀.png', '👩\u200d🚀.png'),
    ('请求 – "final".pdf', '请求 – "final".pdf'),
]


@pytest.mark.parametrize(('text', 'safe'), HOSTILE)
def test_a_name_is_the_last_part_of_a_path_without_what_cannot_be_seen(text: str, safe: str) -> None:
    assert safe_name(text) == safe


@pytest.mark.parametrize(('text', 'ending'), [('a' * 500 + '.pdf', '.pdf'), ('€' * 500, '€'), ('x.' + 'y' * 500, 'y')])
def test_a_long_name_keeps_its_ending(text: str, ending: str) -> None:
    name = safe_name(text)
    assert len(name.encode()) <= LONGEST
    assert name.endswith(ending)


@given(st.text() | st.text('ab./\\ \u200d\u202e\n"\'%;é'))
def test_any_name_becomes_safe_once_and_for_all(text: str) -> None:
    name = safe_name(text)
    assert safe_name(name) == name
    assert name and len(name.encode()) <= LONGEST
    assert not set(name) & set('/\\\r\n\0')
    assert not any(unicodedata.category(one) in {'Cc', 'Cs'} or unicodedata.bidirectional(one) == 'RLO' for one in name)


@given(st.text() | st.text('ab "\\%;é\''), st.booleans())
def test_any_safe_name_is_sent_so_that_it_reads_back_the_same(text: str, inline: bool) -> None:
    name = safe_name(text)
    header = disposition(name, inline=inline)
    assert header.isascii() and header.isprintable()
    assert header.startswith('inline; ' if inline else 'attachment; ')
    assert header.count('"') == 2
    assert unquote(header.rpartition("UTF-8''")[2], errors='strict') == name
    assert name_in(header) == name


@pytest.mark.parametrize(
    ('header', 'name'),
    [
        ('', ''),
        ('attachment', ''),
        ('attachment; filename=plain.txt', 'plain.txt'),
        ('attachment; filename="a \\"quoted\\" one.txt"', 'a "quoted" one.txt'),
        ('form-data; name="f"; filename="a%22b%0D%0A.txt"', 'a"b.txt'),
        ('attachment; filename="old.txt"; filename*=UTF-8\'\'Zo%C3%AB.txt', 'Zoë.txt'),
        ("attachment; filename*=utf-8'en'%E2%82%AC.txt", '€.txt'),
        ("attachment; filename*=UTF-8''%FF.txt", '\ufffd.txt'),
    ],
)
def test_a_name_is_read_from_a_header(header: str, name: str) -> None:
    assert name_in(header) == name
