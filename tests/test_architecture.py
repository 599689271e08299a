"""The layout, enforced: who may import whom, where third parties live, how long things may get."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from app.services import SERVICES

ROOT = Path(__file__).parent.parent
SOURCES = sorted([ROOT / 'main.py', *ROOT.glob('app/**/*.py'), *ROOT.glob('pages/**/*.py')])
TESTS = sorted([*ROOT.glob('tests/**/*.py'), *ROOT.glob('benchmarks/**/*.py')])
SCRIPTS = sorted(ROOT.glob('assets/js/**/*.js'))
SERVICE_NAMES = {'portal', 'editor', 'site', 'builder', 'monitor', 'crud', 'runner', 'events', 'auth'}
HOMES = {
    'duckdb': ('app/events/', 'app/auth/'),
    'jwt': ('app/auth/',),
    'bcrypt': ('app/auth/',),
    'sqlglot': ('app/expressions/',),
    'openai': ('app/builder/',),
    'uvicorn': ('app/server.py', 'app/auth/__main__.py'),
    'plotly': ('pages/chart.py',),
    'nicegui': ('pages/', 'main.py', 'app/fields/'),
}
LONGEST_FILE, MEDIAN_FILE, LONGEST_FUNCTION = 250, 80, 30


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def for_each(paths: Sequence[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Make one test of a rule for files, which names all that break it; a test for each takes longer than looking."""

    def make(rule: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            assert paths
            broken = [f'{name_of(path)}: {problem}' for path in paths if (problem := _problem(rule, path))]
            assert not broken, '\n'.join(broken)

        return test

    return make


def _problem(rule: Callable[[Path], None], path: Path) -> str:
    try:
        rule(path)
    except AssertionError as error:
        return str(error) or 'breaks the rule'
    return ''


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text('utf-8'))


def imports(path: Path) -> set[str]:
    """The dotted names that a module imports; this project imports by absolute names only."""
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path}: relative import'
            names |= {f'{node.module}.{alias.name}' for alias in node.names}
    return names


def owner(dotted: str) -> str:
    """The service that a dotted name belongs to, or nothing."""
    parts = dotted.split('.')
    return parts[1] if len(parts) > 1 and parts[0] == 'app' and parts[1] in SERVICE_NAMES else ''


@for_each(SOURCES)
def test_imports_point_downwards(path: Path) -> None:
    place = name_of(path).removesuffix('.py').replace('/', '.')
    own = owner(place)
    names = imports(path)
    roots = {name.split('.')[0] for name in names}
    assert not roots & {'tests', 'benchmarks', 'main'}
    if place.startswith('app.'):
        assert 'pages' not in roots, 'what works without a screen knows no pages'
        allowed = {own, 'events', ''} if own else {''}
        if place == 'app.watch':
            allowed = {''}
        assert {owner(name) for name in names} <= allowed, 'services meet in events, not in each other'
    if own == 'auth':
        strangers = {name for name in names if name.startswith('app.') and owner(name) != 'auth'}
        assert not strangers, 'the auth service stands alone'
    elif place != 'main':
        assert not any(owner(name) == 'auth' for name in names), 'only main knows the auth service'


@for_each(SOURCES)
def test_each_third_party_has_one_home(path: Path) -> None:
    for library, homes in HOMES.items():
        if library in {name.split('.')[0] for name in imports(path)}:
            assert name_of(path).startswith(homes), f'{library} lives in {", ".join(homes)}'


@for_each([*SOURCES, *TESTS, *SCRIPTS])
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text('utf-8').splitlines()) <= LONGEST_FILE


def test_most_files_are_shorter_still() -> None:
    lengths = [len(path.read_text('utf-8').splitlines()) for path in SOURCES]
    assert statistics.median(lengths) <= MEDIAN_FILE, f'the median is {statistics.median(lengths)} lines'


@for_each(SOURCES)
def test_functions_fit_a_screen(path: Path) -> None:
    for node in functions(path):
        body = node.body[1:] if ast.get_docstring(node) else node.body
        length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
        assert length <= LONGEST_FUNCTION, f'{node.name} has {length} lines'


@for_each(SOURCES)
def test_names_say_what_things_are(path: Path) -> None:
    assert path.stem not in {'utils', 'helpers', 'common', 'models', 'types', 'constants'}
    text = path.read_text('utf-8')
    assert not re.search(r'class \w+(Manager|Handler|Engine)\b', text)
    assert not re.search(r'(def|class) _?dbbasic_', text)
    if path.name not in {'main.py', '__main__.py'}:
        assert not re.search(r'^\s*print\(', text, re.MULTILINE), 'the program speaks through logs and answers'


@for_each(SOURCES)
def test_what_is_public_says_what_it_is(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree), 'the module needs a sentence'
    for node in public(tree):
        assert ast.get_docstring(node), f'{node.name} needs a sentence'


@for_each(SOURCES)
def test_port_numbers_stand_in_one_place(path: Path) -> None:
    if name_of(path) not in {'app/services.py', 'app/auth/__main__.py', 'app/auth/auth.py', 'app/auth/policy.py'}:
        numbers = {node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant)}
        assert not {number for number in numbers if isinstance(number, int)} & set(range(8000, 8011))


@pytest.mark.parametrize('name', [row.name for row in SERVICES])
def test_a_service_has_its_half_without_a_screen_and_its_page(name: str) -> None:
    for folder in ('app', 'pages'):
        assert (ROOT / folder / f'{name}.py').exists() or (ROOT / folder / name / '__init__.py').exists()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def public(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Classes and functions of a module, and methods of its classes, whose names do not begin with an underscore."""
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith('_'):
            yield node
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)) and not member.name.startswith('_'):
                        yield member
