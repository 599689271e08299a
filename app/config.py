"""YAML to schema and back: where a config is wrong, in which line, and what was probably meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.application import Application
from app.entity_problems import problems_between
from app.fields import FIELD_TYPES, Field
from app.projection import Projection
from app.schema import Entity
from app.spelling import did_you_mean
from app.yaml_lines import Lines, YamlError, read_yaml

PLACES = ('entities', 'projections')
SUFFIXES = frozenset({'.yaml', '.yml', '.json'})
LATER = {
    'hooks': 'needs the AI Service Builder, which this version does not have yet; until then use check and '
    'default_expression of fields, and expressions in permissions',
    'database': 'all entities are in one database, whose folder the option --data names; leave it out',
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a config file."""

    path: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f'{self.path}:{self.line}: {self.key + ": " if self.key else ""}{self.message}'


class WrongConfig(Exception):
    """The config cannot be used; `mistakes` says why, all of them at once."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__('\n'.join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the config folder says, checked."""

    application: Application = Application()
    entities: dict[str, Entity] = field(default_factory=dict)
    projections: dict[str, Projection] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    """Path within the folder -> text, as it was read."""


def load(folder: Path) -> Config:
    """Read and check all of `folder`, or raise `WrongConfig`."""
    documents = read_documents(folder)
    return check(documents, where=folder)


def read_documents(folder: Path) -> dict[str, str]:
    """The texts of the YAML files, by path within `folder`."""
    texts = {}
    for path in sorted(path for path in config_files(folder) if path.is_file()):
        name = path.relative_to(folder).as_posix()
        try:
            texts[name] = path.read_text('utf-8')
        except UnicodeDecodeError as error:
            raise WrongConfig([Mistake(str(path), 1, '', f'is not UTF-8: byte {error.start} cannot be read')]) from None
    return texts


def config_files(folder: Path) -> list[Path]:
    """The files that make up the config."""
    found = (path for place in PLACES for path in (folder / place).glob('*') if path.suffix in SUFFIXES)
    return [folder / 'app.yaml', *found]


def check(documents: dict[str, str], where: Path = Path()) -> Config:
    """The config that these texts make, or `WrongConfig` with every mistake in them."""
    mistakes: list[Mistake] = []
    application = Application()
    entities: dict[str, Entity] = {}
    projections: dict[str, Projection] = {}
    lines: dict[str, tuple[str, Lines]] = {}
    unreadable = set()
    for name, text in documents.items():
        path = str(where / name)
        try:
            content, places = read_yaml(text)
            if name == 'app.yaml':
                application = Application.model_validate(content or {})
            elif name.startswith('projections/'):
                _add(projections, 'projection', Projection.model_validate(content or {}), places)
            else:
                entity = _read_entity(content)
                _add(entities, 'resource', entity, places)
                lines[entity.resource] = path, places
        except YamlError as error:
            mistakes.append(Mistake(path, error.line, '', error.message))
            unreadable.add(Path(name).stem)
        except ValidationError as error:
            mistakes += [_explain(path, places, content, detail) for detail in error.errors()]
            unreadable.add(Path(name).stem)
    mistakes += _wrong_between(entities, lines, unreadable)
    for name in sorted(projections.keys() & entities.keys()):
        mistakes.append(Mistake(str(where / 'projections'), 1, name, 'is the name of an entity already'))
    if mistakes:
        raise WrongConfig(sorted(mistakes, key=lambda mistake: (mistake.path, mistake.line)))
    return Config(application, entities, projections, documents)


def read_entity(text: str) -> Entity | None:
    """The entity that a document of any age describes, if it is one and is understood today."""
    try:
        return _read_entity(read_yaml(text)[0])
    except (YamlError, ValidationError):
        return None


def _add(known: dict[str, Any], key: str, thing: Any, places: Lines) -> None:
    name = getattr(thing, key)
    if name in known:
        raise YamlError(places.of((key,)), f'{name} is already defined in another file')
    known[name] = thing


def _read_entity(content: Any) -> Entity:
    if not isinstance(content, dict):
        raise YamlError(1, 'must be a mapping that begins with resource:')
    later = [word for word in LATER if word in content]
    if later:
        raise ValidationError.from_exception_data('Entity', [_error((word,), LATER[word]) for word in later])
    fields = content.get('fields')
    errors: list[Any] = []
    parsed: Any = fields
    if isinstance(fields, dict):
        parsed = {}
        for name, options in fields.items():
            try:
                parsed[str(name)] = _read_field(str(name), options)
            except ValidationError as error:
                errors += [_error(('fields', str(name), *d['loc']), d['msg'], d['type']) for d in error.errors()]
    content = content | ({'fields': parsed} if 'fields' in content else {})
    if isinstance(content.get('key'), str):
        content['key'] = [content['key']]
    try:
        entity = Entity.model_validate(content)
    except ValidationError as error:
        found = [_error(d['loc'], d['msg'], d['type']) for d in error.errors() if d['loc'] or not errors]
        raise ValidationError.from_exception_data('Entity', errors + found) from None
    if errors:
        raise ValidationError.from_exception_data('Entity', errors)
    return entity


def _read_field(name: str, options: Any) -> Field:
    if not isinstance(options, dict):
        options = {'type': options}
    kind = options.get('type')
    if not isinstance(kind, str) or kind not in FIELD_TYPES:
        meant = did_you_mean(str(kind), FIELD_TYPES) if kind is not None else ''
        known = f'; the types are {", ".join(sorted(FIELD_TYPES))}' if not meant else ''
        message = f'unknown type {kind!r}{meant}{known}' if kind is not None else f'needs a type{known}'
        raise ValidationError.from_exception_data('Field', [_error(('type',) if kind is not None else (), message)])
    if 'name' in options:
        raise ValidationError.from_exception_data('Field', [_error(('name',), '', 'extra_forbidden')])
    return FIELD_TYPES[kind].model_validate(options | {'name': name})


def _error(place: tuple[Any, ...], message: str, kind: str = 'value_error') -> Any:
    if kind == 'extra_forbidden':
        return {'type': kind, 'loc': place, 'input': None}
    return {'type': 'value_error', 'loc': place, 'input': None, 'ctx': {'error': message.removeprefix('Value error, ')}}


def _explain(path: str, lines: Lines, content: Any, detail: ErrorDetails) -> Mistake:
    place = tuple(detail['loc'])
    message = detail['msg'].removeprefix('Value error, ')
    if not place and ': ' in message:
        dotted, _, message = message.partition(': ')
        place = tuple(dotted.split('.'))
    if detail['type'] == 'extra_forbidden':
        key = str(place[-1])
        message = f'unknown option {key!r}{did_you_mean(key, _options_at(place[:-1], content))}'
    return Mistake(path, lines.of(place), '.'.join(str(part) for part in place), message)


def _options_at(place: tuple[Any, ...], content: Any) -> list[str]:
    if len(place) >= 2 and place[0] == 'fields':
        options = content['fields'].get(place[1])
        kind = FIELD_TYPES.get(str(options.get('type')) if isinstance(options, dict) else '', Field)
        return [name for name in kind.model_fields if name != 'name']
    kinds: dict[str, Any] = {'resource': Entity, 'projection': Projection}
    shape = next((kinds[word] for word in kinds if isinstance(content, dict) and word in content), Application)
    for part in filter(lambda part: isinstance(part, str), place):  # an item of a list is described where the list is
        shape = shape.model_fields[part].annotation
        shape = next((arg for arg in get_args(shape) if isinstance(arg, type)), shape)
    return list(shape.model_fields) if isinstance(shape, type) and issubclass(shape, BaseModel) else []


def _wrong_between(
    entities: Mapping[str, Entity], lines: Mapping[str, tuple[str, Lines]], unreadable: set[str]
) -> list[Mistake]:
    found = []
    for wrong in problems_between(entities, unreadable):
        path, places = lines[wrong.entity]
        found.append(Mistake(path, places.of(wrong.place), '.'.join(wrong.place), wrong.message))
    return found


def wrong_projections(config: Config, wrong: Mapping[str, str]) -> list[Mistake]:
    """What turned out to be wrong with projections once their SQL met the data, with file and line."""
    mistakes = []
    for name, text in config.documents.items():
        if name.startswith('projections/'):
            content, places = read_yaml(text)
            key, _, message = wrong.get(content['projection'], '').partition(': ')
            if key:
                mistakes.append(Mistake(name, places.of((key,)), key, message))
    return mistakes


def dump(content: Any) -> str:
    """`content` as YAML, in the order given."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
