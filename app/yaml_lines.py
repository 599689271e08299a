"""YAML with line numbers: what stands where, and no key twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

Place = tuple[Any, ...]
LARGEST = 1_000_000
DEEPEST = 100
CLOCK = re.compile(r'[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$')


class _Loader(yaml.SafeLoader):
    """Takes 17:00 for the text that it is; to YAML 1.1 it was 1020, a number of base 60."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [('tag:yaml.org,2002:str', CLOCK), *resolvers] if first in '-+0123456789' else resolvers
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class YamlError(Exception):
    """A text that is not the YAML we want, and the line where that shows."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line, self.message = line, message


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of every key and list item, counted from 1."""

    by_place: dict[Place, int]

    def of(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it."""
        place = tuple(str(part) for part in place)
        while place and place not in self.by_place:
            place = place[:-1]
        return self.by_place.get(place, 1)


def read_yaml(text: str) -> tuple[Any, Lines]:
    """The content of a document and its lines; raises `YamlError`."""
    if len(text) > LARGEST:
        raise YamlError(1, f'is larger than {LARGEST:,} characters')
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        content = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f'not valid YAML: {error.problem}') from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlError(1, f'not valid YAML: {str(error).splitlines()[0]}') from None
    lines: dict[Place, int] = {}
    if root is not None:
        _walk(root, (), lines)
    return content, Lines(lines)


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    if len(place) > DEEPEST or len(lines) > LARGEST:
        raise YamlError(node.start_mark.line + 1, 'is nested too deeply, or too large once its aliases are followed')
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            line, name = key.start_mark.line + 1, str(key.value)
            if name in seen:
                raise YamlError(line, f'the key {name!r} stands twice')
            if name.startswith(':'):
                raise YamlError(line, f'the key {name!r} begins with a colon, which is refused everywhere')
            seen.add(name)
            lines[(*place, name)] = line
            _walk(value, (*place, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*place, str(index))] = value.start_mark.line + 1
            _walk(value, (*place, str(index)), lines)
