"""What a client asks of an import, besides the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app import codec
from app.crud.importing.source import Reading
from app.errors import Malformed
from app.schema import Entity

CREATE, UPDATE, UPSERT = 'create', 'update', 'upsert'
MODES = (CREATE, UPDATE, UPSERT)
FLAGS = {'true': True, 'false': False}
KNOWN = frozenset(('mode', 'by', 'mapping', 'null', 'delimiter', 'encoding', 'dry_run', 'background'))


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """How a file is to be read, and what is to become of its rows."""

    reading: Reading = Reading()
    mode: str = CREATE
    by: str = ''
    """The unique field that says which record a row means; empty for the key."""
    dry_run: bool = False
    background: bool = False


def asked_by(entity: Entity, kind: str, query: Mapping[str, str]) -> Asked:
    """What the parameters of an address say; raises `Malformed`."""
    if unknown := sorted(set(query) - KNOWN):
        raise Malformed(f'There is no parameter {unknown[0][:80]!r}; known are {", ".join(sorted(KNOWN))}.')
    mode = query.get('mode', CREATE)
    if mode not in MODES:
        raise Malformed(f'mode: {mode[:40]!r} is none of {", ".join(MODES)}.')
    reading = Reading(
        kind=kind,
        encoding=query.get('encoding', ''),
        delimiter=query.get('delimiter'),
        null=query.get('null', ''),
        mapping=_mapping(query.get('mapping', '{}')),
    )
    return Asked(
        reading=reading,
        mode=mode,
        by=_by(entity, query.get('by', '')),
        dry_run=_flag(query, 'dry_run'),
        background=_flag(query, 'background'),
    )


def _by(entity: Entity, name: str) -> str:
    if name in {'', 'id', 'key'} or (len(entity.key) == 1 and name == entity.key[0]):
        return ''
    field = entity.field(name)
    if field is None or not field.unique or field.name in entity.key:
        raise Malformed(f'by: must be a unique field of {entity.resource}, not {name[:80]!r}.')
    return field.name


def _mapping(text: str) -> dict[str, str]:
    try:
        mapping = codec.decode(text)
    except Malformed as problem:
        raise Malformed(f'mapping: {problem.detail}') from None
    if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
        raise Malformed('mapping: must be an object: column in the file -> field, or "" to leave it out.')
    return mapping


def _flag(query: Mapping[str, str], name: str) -> bool:
    if (text := query.get(name, 'false')) not in FLAGS:
        raise Malformed(f'{name}: must be true or false.')
    return FLAGS[text]
