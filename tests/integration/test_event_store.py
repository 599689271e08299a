"""The event store of the real program: append, follow, project, travel in time and prove, across restarts."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from tests.history import check_history, history
from tests.integration.test_live import listening, message
from tests.process import SHIPPED_CONFIG, System, wait_until
from tests.scenario import Scenario, appended_since, last_position

Start = Callable[..., System]
SENT = {'stream': 'shipments/4711', 'type': 'sent', 'data': {'boxes': 2}}
SCENARIOS = [
    Scenario(
        name='append',
        method='POST',
        path='/events',
        service='events',
        json={'events': [SENT, {**SENT, 'type': 'lost'}], 'expected': {'shipments/4711': 'none'}},
        status=201,
        contains=('"outcome":"appended"', '"version":2'),
        events={'sent': 1, 'lost': 1},
    ),
    Scenario(
        name='an expectation that does not hold',
        method='POST',
        path='/events',
        service='events',
        json={'events': [SENT, {'stream': 'other/1', 'type': 'sent'}], 'expected': {'shipments/4711': 1}},
        status=409,
        contains=('wrong_version', 'shipments/4711 is there at version 2; expected version 1'),
    ),
    Scenario(
        name='streams of an entity',
        method='POST',
        path='/events',
        service='events',
        json={'stream': 'customers/ada', 'type': 'changed', 'data': {'name': {'from': 'Ada', 'to': 'Eve'}}},
        status=403,
        contains=('use POST, PATCH or DELETE /api/customers on the data port instead',),
    ),
    Scenario(
        name='appending needs a login',
        method='POST',
        path='/events',
        service='events',
        json=SENT,
        status=401,
        logged_in=False,
    ),
    Scenario(name='a state', path='/aggregates/shipments/4711', service='events', contains=('"state":{"boxes":2}',)),
    Scenario(
        name='the past needs its zone', path='/api/customers?as_of=2026-01-01T00:00:00', status=400, contains=('zone',)
    ),
    Scenario(name='proof', path='/verify', service='events', contains=('"status":"whole"',)),
]


@pytest.mark.parametrize('scenario', SCENARIOS, ids=str)
def test_request(scenario: Scenario, changing_system: System) -> None:
    scenario.run(changing_system)


def append(system: System, *events: dict[str, Any]) -> int:
    """Append; returns the position."""
    answer = system.client.post(system.url('events', '/events'), json={'events': events})
    assert answer.status_code == 201, answer.text
    return int(answer.json()['position'])


@pytest.mark.long
def test_a_follower_misses_nothing_and_hears_nothing_twice_across_restarts(start_system: Start) -> None:
    system = start_system()
    start, heard = last_position(system), list[int]()
    ends: list[Callable[[], object]] = [system.stop, int]
    for round_, end in enumerate(ends):
        after = heard[-1] if heard else start
        with listening(system, 'events', f'/ws?entity=follow&type=sent&after={after}') as socket:
            assert message(socket)['type'] == 'connected'
            for number in range(5):
                row = {'stream': f'follow/{number}', 'type': 'sent', 'data': {'n': 10 * round_ + number}}
                append(system, row, {**row, 'type': 'lost'}, {**row, 'stream': f'follower/{number}'})
            for _ in range(3 if round_ == 0 else 7):
                heard.append(message(socket)['position'])
        end()
        if round_ == 0:
            system.restart()
    events = history(system)
    check_history(events)
    assert heard == [one['position'] for one in events if one['type'] == 'sent' and one['stream'][:7] == 'follow/']


def test_a_slow_follower_is_told_and_hears_everything_once(system: System) -> None:
    rows = [{'stream': f'slow/{n % 7}', 'type': 'sent', 'data': {'n': n}} for n in range(8000)]
    start = last_position(system)
    append(system, *rows)
    with listening(system, 'events', f'/ws?entity=slow&after={start}') as socket:
        said = [message(socket)]
        while said[-1].get('data') != {'n': 7999}:
            said.append(message(socket))
    assert [one['data']['n'] for one in said if 'data' in one] == [*range(8000)]
    notices = [one for one in said if one['type'] == 'behind']
    assert notices and notices[0]['position'] == start and notices[0]['events'] > 5000


def test_a_projection_tells_of_ones_own_writes_and_goes_on_after_a_restart(start_system: Start) -> None:
    system = start_system()

    def boxes(position: int) -> int:
        path = f'/projections/activity_per_day?entity=boxes&type=sent&wait_for={position}'
        answer = system.client.get(system.url('events', path)).json()
        assert answer['position'] >= position
        return sum(int(row['events']) for row in answer['rows'])

    for number in range(1, 4):
        assert boxes(append(system, {'stream': f'boxes/{number}', 'type': 'sent'})) == number
    system.kill()
    system.restart()
    assert boxes(append(system, {'stream': 'boxes/4', 'type': 'sent'})) == 4
    control = system.url('events', '/projections/activity_per_day/')
    assert system.client.post(f'{control}pause').json()['status'] == 'paused'
    position = append(system, {'stream': 'boxes/5', 'type': 'sent'})
    answer = system.client.get(system.url('events', f'/projections/activity_per_day?wait_for={position}'))
    assert answer.status_code == 503 and 'paused' in answer.json()['detail']
    system.client.post(f'{control}resume')
    assert boxes(position) == 5
    system.client.post(f'{control}rebuild')
    assert boxes(append(system, {'stream': 'boxes/6', 'type': 'sent'})) == 6
    check_history(history(system))


@pytest.mark.long
def test_a_projection_that_does_not_fit_is_named_while_its_old_rows_answer(start_system: Start, tmp_path: Path) -> None:
    config = Path(shutil.copytree(SHIPPED_CONFIG, tmp_path / 'config'))
    file = config / 'projections' / 'credit_by_status.yaml'
    good = file.read_text()
    system = start_system(config=config)
    address = system.url('events', '/projections/credit_by_status')

    def rows() -> Any:
        return system.client.get(f'{address}?wait_for={last_position(system)}').json()['rows']

    def mistakes() -> list[str]:
        found: list[str] = system.client.get(system.url('portal', '/api/status')).json()['config_mistakes']
        return found

    before = rows()
    line = good[: good.index('sql:')].count('\n') + 1
    file.write_text(good.replace('sum(credit_limit)', 'sum(nothing)'))
    wait_until(mistakes, 'the mistake to be named')
    assert f'credit_by_status.yaml:{line}: sql: ' in mistakes()[0] and 'nothing' in mistakes()[0]
    assert before and system.client.get(address).json()['rows'] == before
    system.stop()
    system.restart()
    assert system.client.get(address).json()['rows'] == before
    assert f'credit_by_status.yaml:{line}: sql: ' in mistakes()[0]
    file.write_text(good.replace('count(*)', '10 * count(*)'))
    wait_until(lambda: not mistakes(), 'the mistake to be gone')
    wait_until(lambda: rows()[0]['customers'] == 10 * before[0]['customers'], 'the new rows')
    file.unlink()
    wait_until(lambda: system.client.get(address).status_code == 404, 'the projection to be gone')


def test_records_are_shown_as_they_were(system: System) -> None:
    address = system.url('crud', '/api/customers')
    made = [
        system.client.post(
            address, json={'name': f'Past {n}', 'email': f'past{n}@example.com', 'credit_limit': n}
        ).json()
        for n in range(5)
    ]
    then = last_position(system)
    time_then = system.client.get(system.url('events', f'/events?after={then - 1}')).json()['events'][0]['recorded_at']
    for one in made:
        system.client.patch(f'{address}/{one["id"]}', json={'name': 'Now'})
    system.client.delete(f'{address}/{made[0]["id"]}')
    for moment in (then, time_then):
        query = {'as_of': moment, 'search': 'Past', 'sort': '-credit_limit', 'limit': '2'}
        names, page = list[str](), system.client.get(address, params=query).json()
        assert page['total'] == 5
        while True:
            names += [record['name'] for record in page['records']]
            if not page['next']:
                break
            page = system.client.get(address, params=query | {'cursor': page['next']}).json()
        assert names == [f'Past {n}' for n in (4, 3, 2, 1, 0)]
        one = system.client.get(f'{address}/{made[0]["id"]}', params={'as_of': moment})
        assert (one.json()['name'], one.json()['_version']) == ('Past 0', 1)
    assert system.client.get(f'{address}/{made[0]["id"]}').status_code == 404


def test_altered_history_is_found_after_the_start_and_stops_all_writing(start_system: Start) -> None:
    system = start_system()
    position = append(system, SENT)
    append(system, *[SENT] * 20)
    system.stop()
    with duckdb.connect(str(system.data / 'events.duckdb')) as connection:
        connection.execute(f'UPDATE events SET data = \'{{"boxes":3}}\' WHERE position = {position}')
    system.restart()
    health = system.url('events', '/health')
    wait_until(lambda: system.client.get(health).json()['status'] == 'read-only', 'the damage to be found')
    for service, path, body in (
        ('events', '/events', SENT),
        ('crud', '/api/customers', {'name': 'A', 'email': 'a@b.cd'}),
    ):
        answer = system.client.post(system.url(service, path), json=body)
        assert answer.status_code == 503
        for said in (str(system.data / 'events.duckdb'), f'at event {position}: ', 'Restore the newest backup'):
            assert said in answer.json()['detail']
    lines = system.client.get(system.url('events', '/verify')).text.splitlines()
    assert (json.loads(lines[-1])['status'], json.loads(lines[-1])['position']) == ('broken', position)
    assert system.client.get(system.url('crud', '/api/customers')).status_code == 200, 'reading goes on'


def test_many_who_append_at_once_each_get_their_own_place(system: System) -> None:
    start, answers = last_position(system), list[tuple[int, int]]()

    def work(worker: int) -> None:
        with httpx.Client(headers=system.headers, trust_env=False, timeout=60) as client:
            for number in range(25):
                version = len([1 for one in answers if one[0] == 201])
                body = {'stream': 'race/1', 'type': 'ran', 'expected': {'race/1': version}}
                body |= {'data': {'worker': worker, 'number': number}}
                answer = client.post(system.url('events', '/events'), json=body)
                answers.append((answer.status_code, answer.json().get('position', 0)))

    threads = [threading.Thread(target=work, args=[worker]) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = sorted(position for status, position in answers if status == 201)
    assert {status for status, _ in answers} <= {201, 409} and won
    assert won == [*range(start + 1, start + 1 + len(won))], 'each version was won once'
    assert appended_since(system, start) == {'ran': len(won)}
