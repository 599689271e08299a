"""Small files of each kind that is known by its first bytes, and some that only pretend."""

from __future__ import annotations

import hashlib

PNG = bytes.fromhex(
    '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63f8cfc0f01f0005050201'
    '5f1a0d660000000049454e44ae426082'
)
JPEG = b'\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9'
GIF = b'GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00;'
WEBP = b'RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00'
PDF = b'%PDF-1.7\n%%EOF\n'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
KINDS = {
    'image/png': PNG,
    'image/jpeg': JPEG,
    'image/gif': GIF,
    'image/webp': WEBP,
    'application/pdf': PDF,
}
POLYGLOTS = {
    'a header of GIF before a page': b'GIF89a<html><script>alert(1)</script>',
    'a script that begins like a GIF': b'GIF89a=0;alert(1)//',
    'a whole GIF before a page': GIF + b'<!DOCTYPE html><script>alert(1)</script>',
    'a script in a comment of JPEG': b'\xff\xd8\xff\xfe\x00\x20<script>alert(1)</script>' + JPEG,
    'a PNG before a drawing': PNG + SVG,
}


def sha256(content: bytes) -> str:
    """The hash that a content is stored under."""
    return hashlib.sha256(content).hexdigest()
