"""What a file is, by its first bytes: what its sender says of it is believed only where they do not tell otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable

IMAGES = ('image/png', 'image/jpeg', 'image/gif', 'image/webp')
"""The images that browsers show and that hold nothing but an image. SVG is not among them: it may hold scripts."""
SVG = 'image/svg+xml'
UNKNOWN = 'application/octet-stream'
TYPE = re.compile(r'[a-z0-9][a-z0-9!#$&^_.+\-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+\-]{0,62}')
OTHER_NAMES = {'image/jpg': 'image/jpeg', 'image/pjpeg': 'image/jpeg', 'image/x-png': 'image/png'}
MARKUP = re.compile(rb'<(!doctype|!--|\?php|[a-z]{0,10}:?(html|head|body|script|iframe|svg|object|embed|style|img)\b)')


def kind_of(head: bytes) -> str:
    """The type that the first bytes of a file show; empty if they show none that is known here."""
    for kind, begins in _MAGIC.items():
        if begins(head):
            return kind
    return ''


def settled_kind(declared: str, head: bytes) -> str:
    """The type that a file is stored with; `ValueError` where its first bytes contradict what its sender says."""
    kind, shown = plain_kind(declared), kind_of(head)
    if shown in IMAGES and MARKUP.search(head.lower()):
        raise ValueError(f'begins like {shown} but holds markup')
    if kind == UNKNOWN:
        return shown or UNKNOWN
    if shown != kind and (shown or kind in _MAGIC):
        raise ValueError(f'is not the {kind} that it is said to be' + (f', but {shown}' if shown else ''))
    return kind


def plain_kind(declared: str) -> str:
    """A Content-Type without its parameters, in small letters; what is no type is an unknown one."""
    kind = declared.partition(';')[0].strip().lower()
    kind = OTHER_NAMES.get(kind, kind)
    return kind if TYPE.fullmatch(kind) else UNKNOWN


def _is_png(head: bytes) -> bool:
    return head.startswith(b'\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR')


def _is_jpeg(head: bytes) -> bool:
    return head.startswith(b'\xff\xd8\xff') and head[3:4] >= b'\xc0'


def _is_gif(head: bytes) -> bool:
    """Behind the header comes a size, perhaps a table of colours, and then a block of one of three kinds."""
    if not head.startswith((b'GIF87a', b'GIF89a')) or len(head) < 14:
        return False
    colours = 3 * 2 ** ((head[10] & 7) + 1) if head[10] & 0x80 else 0
    return head[13 + colours : 14 + colours] in {b'\x21', b'\x2c', b'\x3b'}


def _is_webp(head: bytes) -> bool:
    return head[:4] == b'RIFF' and head[8:15] == b'WEBPVP8' and head[15:16] in {b' ', b'L', b'X'}


def _is_pdf(head: bytes) -> bool:
    return head.startswith(b'%PDF-')


_MAGIC: dict[str, Callable[[bytes], bool]] = {
    'image/png': _is_png,
    'image/jpeg': _is_jpeg,
    'image/gif': _is_gif,
    'image/webp': _is_webp,
    'application/pdf': _is_pdf,
}
