"""Names of files as people give them, made safe to keep and to send."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

LONGEST = 200
"""Bytes in UTF-8; file systems take 255."""
LONGEST_ENDING = 20
JOINERS = frozenset('\u200c\u200d')
"""Invisible, but part of how some scripts and emoji are written."""
TRAILING = re.compile(r'[\s.]+$')
EXTENDED = re.compile(r"filename\*\s*=\s*(?:utf-8)'[^']*'([^;\s]*)", re.IGNORECASE)
QUOTED = re.compile(r'filename\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
BARE = re.compile(r'filename\s*=\s*([^;"\s]+)', re.IGNORECASE)


def safe_name(text: str) -> str:
    """The last part of a path, without what cannot be seen: control characters, line ends, marks of direction."""
    seen = ''.join(one for one in text if one in JOINERS or unicodedata.category(one) not in _UNSEEN)
    name = re.split(r'[/\\]', unicodedata.normalize('NFC', seen))[-1]
    return TRAILING.sub('', _shortened(TRAILING.sub('', name.lstrip()))) or 'file'


def name_in(disposition: str) -> str:
    """The name that a Content-Disposition header gives a file; empty if it gives none."""
    if match := EXTENDED.search(disposition):
        return unquote_to_bytes(match[1]).decode('utf-8', 'replace')
    if match := QUOTED.search(disposition):
        text = re.sub(r'\\(["\\])', r'\1', match[1])
        return text.replace('%22', '"').replace('%0D', '').replace('%0A', '')  # as browsers write them in forms
    match = BARE.search(disposition)
    return match[1] if match else ''


def disposition(name: str, *, inline: bool) -> str:
    """The Content-Disposition header for a file of this name, by RFC 6266."""
    plain = ''.join(one if 32 <= ord(one) < 127 and one not in '"\\%' else '_' for one in name)
    return f'{"inline" if inline else "attachment"}; filename="{plain}"; filename*=UTF-8\'\'{quote(name, safe="")}'


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition('.')
    if not stem or len(ending.encode()) > LONGEST_ENDING:
        stem, dot, ending = name, '', ''
    room = LONGEST - len((dot + ending).encode())
    return stem.encode()[:room].decode('utf-8', 'ignore').rstrip() + dot + ending


_UNSEEN = frozenset({'Cc', 'Cf', 'Cs', 'Co', 'Cn', 'Zl', 'Zp'})
