"""Every field type, with generated values: the stored form is stable and comes back equal through a real table."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import app.crud.table
import app.events.rows
from app import codec
from app.config import check
from app.crud.catalog import Catalog
from app.crud.values import new_values, stored_form
from app.crud.views import Views
from app.events import Append, DuckDBLog, new_event, open_log
from app.fields import Field
from app.fields.duration import spelled
from tests.rounds import rounds

CONFIG = """
resource: things
fields:
  string: string
  text: text
  email: email
  phone: phone
  url: url
  integer: integer
  decimal: {type: decimal, precision: 38, scale: 10}
  boolean: boolean
  date: date
  timestamp: timestamp
  select: {type: select, options: [a, 'it''s', "Ö\\"", '1']}
  foreign_key: {type: foreign_key, references: things}
  json: json
  markdown: markdown
  uuid: uuid
  time: time
  duration: {type: duration, min: -10000000h}
  list: {type: list, max_length: 40}
  multiselect: {type: multiselect, options: [a, 'it''s', "Ö\\"", '1', 'x, y']}
"""
PARTED = ('json', 'list', 'multiselect')
"""Types whose new rows are never taken out of the log by one statement."""
PLAIN = '\n'.join(line for line in CONFIG.splitlines() if not line.strip().startswith(PARTED))
TWINS = {'entities/slow.yaml': PLAIN.replace('things', 'slow'), 'entities/fast.yaml': PLAIN.replace('things', 'fast')}
WORDS = st.text(st.characters(exclude_characters='\0', exclude_categories=['Cs']), max_size=40)
NAME = st.text('abcXYZ019_-', min_size=1, max_size=8)
KEYS = st.text(max_size=4).filter(lambda key: not key.startswith(':'))
LEAVES = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | WORDS | st.decimals(-1000, 1000, places=3)
CHOSEN = st.lists(st.sampled_from(['a', "it's", 'Ö"', '1', 'x, y']))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    'string': WORDS,
    'text': WORDS,
    'email': st.builds('{}@{}.{}'.format, NAME, NAME, NAME),
    'phone': st.from_regex(r'\+?[0-9][0-9 ()/.\-]{1,20}[0-9]( ?x[0-9]{1,3})?', fullmatch=True),
    'url': st.builds('https://{}/{}'.format, NAME.map(lambda name: 'w' + name), NAME),
    'integer': st.integers(-(2**63) + 1, 2**63 - 1),
    'decimal': st.decimals(-(10**27), 10**27, places=10),
    'boolean': st.booleans() | st.sampled_from(['yes', 'OFF', '1']),
    'date': st.dates() | st.dates().map(str),
    'timestamp': st.datetimes() | st.datetimes(timezones=st.timezones()).filter(lambda at: 2 < at.year < 9998),
    'select': st.sampled_from(['a', "it's", 'Ö"', '1']),
    'foreign_key': WORDS,
    'json': st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)),
    'markdown': WORDS,
    'uuid': st.uuids() | st.uuids().map(lambda one: f'{{{str(one).upper()}}}') | st.uuids().map(lambda one: one.hex),
    'time': st.times() | st.times().map(str) | st.sampled_from(['9:05', ' 23:59:59.5 ']),
    'duration': st.integers(-(10**10), 2**63 - 1) | st.integers(0, 2**62).map(spelled),
    'list': st.lists(WORDS) | st.lists(st.text('ab ,"', max_size=3)).map(', '.join),
    'multiselect': CHOSEN | CHOSEN.map(codec.canonical),
}
FIELDS: dict[str, Field] = check({'entities/x.yaml': CONFIG}).entities['things'].fields


@pytest.mark.parametrize('kind', VALUES)
def test_what_is_stored_is_a_stored_form_already(kind: str) -> None:
    @given(VALUES[kind])
    @settings(deadline=None, max_examples=rounds(50))
    def stable(value: Any) -> None:
        try:
            stored = FIELDS[kind].accept(value)
        except ValueError:
            assert kind == 'json'  # a text that looks like JSON and is none
            return
        assert FIELDS[kind].accept(stored) == stored
        assert codec.decode(codec.encode(stored)) == stored

    stable()


META: list[dict[str, Any]] = [{}, {'actor': 'ann'}, {'actor': 'ann', 'owner': 'b"ob'}, {'actor': 'ann', 'owner': ''}]
"""By whom records come to be, and whose they are."""


class Bench:
    """A real table that one record after another goes through."""

    def __init__(self, folder: Path) -> None:
        self.runner = asyncio.Runner()
        self.catalog = Catalog()
        self.log: DuckDBLog = self.runner.run(open_log(folder, apply=[self.catalog.apply]))
        self.runner.run(self.catalog.activate(check({'entities/x.yaml': CONFIG, **TWINS}), self.log))
        self.count = 0

    def through(self, records: list[dict[str, Any]], name: str = 'things') -> list[dict[str, Any]]:
        """The stored values that come back for these."""
        ids = [f'r{self.count + number}' for number in range(len(records))]
        self.count += len(records)
        events = [
            new_event(f'{name}/{id_}', 'created', values, META[number % len(META)])
            for number, (id_, values) in enumerate(zip(ids, records, strict=True))
        ]
        return self.runner.run(self._through(events, ids, name))

    def rows(self, name: str) -> list[Any]:
        """All rows of a table but for what tells when and where they came."""
        columns = [column for column in self.catalog.tables[name].columns if column not in {'id', '_created'}]
        quoted = ', '.join(f'"{column}"' for column in columns)
        return self.runner.run(self.log.database.query(f'SELECT {quoted} FROM records.{name} ORDER BY _created'))

    def differences(self) -> list[str]:
        """Where tables are not what the log says."""
        return self.runner.run(self.log.database.read(self.catalog.differences))

    async def _through(self, events: list[Any], ids: list[str], name: str) -> list[dict[str, Any]]:
        await self.log.append(Append(events=events))
        views = Views(self.catalog, self.log)
        entity = self.catalog.entities[name]
        found = [await views.find(name, id_) for id_ in ids]
        return [stored_form(entity, record.values) for record in found if record]


@pytest.fixture(scope='module')
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp('bench'))
    yield bench
    bench.runner.run(bench.log.close())
    bench.runner.close()


@given(st.lists(st.fixed_dictionaries({}, optional={**VALUES, 'json': LEAVES | st.lists(LEAVES)}), max_size=4))
@settings(deadline=None, max_examples=rounds(60))
def test_what_is_stored_comes_back_equal_through_a_real_table(bench: Bench, sent: list[dict[str, Any]]) -> None:
    entity = bench.catalog.entities['things']
    records = []
    for values in sent:
        if str(values.get('json', '')).strip()[:1] in {'{', '['} and isinstance(values['json'], str):
            del values['json']
        records.append(new_values(entity, values))
    assert bench.through(records) == records


ENTRIES = st.lists(st.fixed_dictionaries({}, optional={k: v for k, v in VALUES.items() if k not in PARTED}), max_size=5)
TEXTS = [
    None,
    'null',
    '"',
    '\n',
    'a\nb',
    '\\n',
    '\u2028',
    "'; --",
    '{"a": 1}',
    'NaN',
    '-0',
    '1e3',
    '\x1f',
    '\U0001f600',
]
"""What might be taken for something else on its way through a long text."""


@given(ENTRIES)
@example([{'string': text, 'text': text, 'markdown': text} for text in TEXTS])
@example([{'integer': n, 'duration': n, 'decimal': f'{n}.0000000001'} for n in (2**53 + 1, -(10**10), 0)])
@settings(deadline=None, max_examples=rounds(60))
def test_many_new_records_give_the_same_rows_as_one_after_the_other(bench: Bench, sent: list[dict[str, Any]]) -> None:
    records = [new_values(bench.catalog.entities['fast'], values) for values in sent]
    with pytest.MonkeyPatch.context() as patch:
        assert bench.through(records, 'slow') == records
        patch.setattr(app.crud.table, 'MANY', 0)
        patch.setattr(app.events.rows, 'MANY', 0)
        assert bench.through(records, 'fast') == records
    assert bench.rows('fast') == bench.rows('slow')
    assert bench.differences() == []
