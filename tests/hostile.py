"""Text that somebody would send who means harm, and how every answer to it must look."""

from __future__ import annotations

from typing import Any

import httpx

from tests.process import System

TEXTS = {
    'quotes': """'"`´'' "" \\' \\" \\\\""",
    'a statement': "'; DROP TABLE records.customers; --",
    'another statement': "x'); DELETE FROM events; /*",
    'a union': "' UNION SELECT data FROM events --",
    'a function': "read_text('/etc/passwd')",
    'a name': '"; DROP SCHEMA records CASCADE; --',
    'a template': '{{7*7}} ${7*7} #{7*7} %(name)s {0} {name.__class__} %s ? $1 :x',
    'markup': '<script>alert(1)</script><img src=x onerror=alert(1)>',
    'an attribute': ':html=x" onload="alert(1)',
    'wildcards': '%_\\%\\_*?[a-z]',
    'directions': '\u202eabc\u202c\u200f\u2066\ufeff',
    'odd characters': '\x01\x1b[31m\x7f\u0085\u2028\U0001f600e\u0301',
    'a path': '../../../etc/passwd',
    'numbers': '1e999999999',
    'a date': '99999999999-01-01',
    'JSON': '{"a":[1,{"b":null}]}',
    'a line': 'one\r\nSet-Cookie: x=1\r\n\r\n<b>two</b>\t,;"',
    'a lone percent sign': '%zz%',
    'much': "'" * 10_000,
}
ZERO = 'zero\x00character'
ALL, NAMES = [*TEXTS.values(), ZERO], [*TEXTS, 'a zero character']


def ask(system: System, method: str, path: str, **details: Any) -> httpx.Response:
    """The answer, which must be good or a problem that is told as one."""
    answer = system.client.request(method, system.url('crud', path), **details)
    assert answer.status_code < 500, (method, path[:300], str(details)[:300], answer.text)
    expected = 'application/json' if answer.is_success else 'application/problem+json'
    assert answer.headers.get('content-type', expected) == expected
    assert answer.headers['x-content-type-options'] == 'nosniff'
    assert 'set-cookie' not in answer.headers
    return answer
