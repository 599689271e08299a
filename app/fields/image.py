"""A file that is an image."""

from __future__ import annotations

from pydantic import field_validator

from app.fields.file import File
from app.file_kind import IMAGES


class Image(File, type='image'):
    """PNG, JPEG, GIF or WebP, by its first bytes, so that browsers may show it in place."""

    types: tuple[str, ...] = IMAGES

    @field_validator('types')
    @classmethod
    def _check_images(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        wanted = tuple(one for kind in types for one in (IMAGES if kind == 'image/*' else (kind,)))
        if not wanted or set(wanted) - set(IMAGES):
            raise ValueError(f'types: must be among {", ".join(IMAGES)}')
        return tuple(dict.fromkeys(wanted))
