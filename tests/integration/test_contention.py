"""Many clients at the same record, value, key or parent at the same time: nobody's acknowledged change is lost."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest

from tests.process import SHIPPED_CONFIG, System, wait_until
from tests.scenario import appended_since, last_position

CLIENTS = 20
TURNS = 4
"""Changes that each client makes one after the other."""
FIELDS = [f'field{number}' for number in range(CLIENTS)]
LINES = '\n  '.join(f'{name}: integer' for name in FIELDS)
BOARDS = f"""
resource: boards
fields:
  id: primary_key
  count: {{type: integer, default: 0}}
  {LINES}
permissions: {{create: authenticated, read: authenticated, update: authenticated, delete: authenticated}}
"""
ROUNDS = pytest.mark.parametrize('rounds', [4, pytest.param(150, marks=pytest.mark.long)])
NUMBERS = itertools.count()


@pytest.fixture(scope='module')
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with an entity that has a field for each client besides the shipped ones."""
    folder = tmp_path_factory.mktemp('contention')
    config = shutil.copytree(SHIPPED_CONFIG, folder / 'config')
    (config / 'entities/boards.yaml').write_text(BOARDS)
    with System(folder / 'data', config) as running:
        yield running


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls return, all made at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def send(system: System, method: str, path: str, body: Any = None, version: int | None = None) -> httpx.Response:
    headers = {} if version is None else {'If-Match': f'"{version}"'}
    return system.client.request(method, system.url('crud', path), json=body, headers=headers)


def create(system: System, entity: str, **values: Any) -> dict[str, Any]:
    answer = send(system, 'POST', f'/api/{entity}', values)
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


def versions(system: System, stream: str) -> list[int]:
    answer = system.client.get(system.url('events', f'/streams/{stream}'))
    return [event['version'] for event in answer.json()['events']]


def test_twenty_counters_with_if_match_lose_no_update(boards: System) -> None:
    path = f'/api/boards/{create(boards, "boards")["id"]}'

    def count() -> Counter[int]:
        answers = Counter[int]()
        while answers[200] < TURNS:
            seen = send(boards, 'GET', path).json()
            answer = send(boards, 'PATCH', path, {'count': seen['count'] + 1}, seen['_version'])
            answers[answer.status_code] += 1
        return answers

    answers = sum(together(*[count] * CLIENTS), Counter[int]())
    record = send(boards, 'GET', path).json()
    assert answers.keys() <= {200, 412}
    assert record['count'] == answers[200] == CLIENTS * TURNS
    assert versions(boards, path.removeprefix('/api/')) == list(range(1, CLIENTS * TURNS + 2))


def test_changes_of_different_fields_need_no_if_match_to_be_all_there(boards: System) -> None:
    path = f'/api/boards/{create(boards, "boards")["id"]}'

    def change(field: str) -> list[int]:
        return [send(boards, 'PATCH', path, {field: turn}).status_code for turn in range(TURNS)]

    answers = together(*(partial(change, field) for field in FIELDS))
    record = send(boards, 'GET', path).json()
    assert Counter(itertools.chain(*answers)) == {200: CLIENTS * TURNS}
    assert {field: record[field] for field in FIELDS} == dict.fromkeys(FIELDS, TURNS - 1)
    assert versions(boards, path.removeprefix('/api/')) == list(range(1, CLIENTS * TURNS + 2))


@pytest.mark.parametrize(
    ('entity', 'same'),
    [
        ('customers', {'name': 'Same', 'email': 'same{}@example.com'}),
        ('orders', {'number': 'SAME-{}', 'customer_id': 'dan', 'ordered_on': '2026-01-01'}),
        ('boards', {'id': 'same{}'}),
    ],
    ids=['a unique value', 'a natural key', 'an id'],
)
@ROUNDS
def test_of_all_who_create_the_same_exactly_one_succeeds(
    boards: System, entity: str, same: dict[str, str], rounds: int
) -> None:
    for _ in range(rounds):
        number = next(NUMBERS)
        body = {name: value.format(number) for name, value in same.items()}
        before = last_position(boards)
        answers = together(*[partial(send, boards, 'POST', f'/api/{entity}', body)] * CLIENTS)
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CLIENTS - 1}
        assert appended_since(boards, before) == {'created': 1}


def test_a_unique_value_goes_to_one_of_those_who_change_to_it(boards: System) -> None:
    made = [create(boards, 'customers', name='Many', email=f'many{number}@example.com') for number in range(CLIENTS)]
    before = last_position(boards)
    paths = [f'/api/customers/{one["id"]}' for one in made]
    answers = together(*(partial(send, boards, 'PATCH', path, {'email': 'one@example.com'}) for path in paths))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CLIENTS - 1}
    assert appended_since(boards, before) == {'changed': 1}
    assert send(boards, 'GET', '/api/customers?email=one@example.com').json()['total'] == 1


@ROUNDS
def test_nobody_is_deleted_while_somebody_comes_to_refer_to_him(boards: System, rounds: int) -> None:
    for _ in range(rounds):
        number = next(NUMBERS)
        customer = create(boards, 'customers', name='Parent', email=f'parent{number}@example.com')['id']
        calls = list(references_to(boards, customer, number))
        place = number % (len(calls) + 1)
        calls.insert(place, partial(send, boards, 'DELETE', f'/api/customers/{customer}'))
        answers = together(*calls)
        deleted = answers.pop(place)
        gone = send(boards, 'GET', f'/api/customers/{customer}').status_code == 404
        there = send(boards, 'GET', f'/api/orders?customer_id={customer}').json()['total']
        referred = Counter(answer.is_success for answer in answers)[True]
        assert deleted.status_code == (204 if gone else 409), deleted.text
        assert there == (0 if gone else referred), 'an order of nobody'
        assert {answer.status_code for answer in answers} <= ({422} if gone else {200, 201}), answers


def test_those_nobody_refers_to_are_deleted_at_once_while_others_are_referred_to_without_end(boards: System) -> None:
    number = next(NUMBERS)
    parents = [create(boards, 'customers', name='Free', email=f'free{number}-{n}@example.com')['id'] for n in range(20)]
    over, answered = threading.Event(), Counter[int]()

    def refer(client: int) -> None:
        for count in itertools.count():
            order = {'number': f'FREE{number}-{client}-{count}', 'customer_id': 'dan', 'ordered_on': '2026-01-01'}
            answered[send(boards, 'POST', '/api/orders', order).status_code] += 1
            if over.is_set():
                return

    with ThreadPoolExecutor(CLIENTS) as pool:
        referring = [pool.submit(refer, client) for client in range(CLIENTS)]
        wait_until(lambda: answered[201] >= CLIENTS, 'all to refer')
        before = sum(answered.values())
        deleted = Counter(send(boards, 'DELETE', f'/api/customers/{parent}').status_code for parent in parents)
        between = sum(answered.values()) - before
        over.set()
        for one in referring:
            one.result()
    assert deleted == {204: len(parents)}
    assert set(answered) == {201}
    assert between > len(parents), 'others wrote all the time'


def references_to(system: System, customer: str, number: int) -> Sequence[Callable[[], httpx.Response]]:
    """Calls that make orders of `customer`: new ones, one moved from another customer, and one that comes back."""
    order = {'customer_id': customer, 'ordered_on': '2026-01-01'}
    create(system, 'orders', number=f'MOVED-{number}', **order | {'customer_id': 'dan'})
    create(system, 'orders', number=f'BACK-{number}', **order)
    assert send(system, 'DELETE', f'/api/orders/BACK-{number}').status_code == 204
    return [
        partial(send, system, 'PATCH', f'/api/orders/MOVED-{number}', {'customer_id': customer}),
        partial(send, system, 'POST', f'/api/orders/BACK-{number}/restore'),
        *(partial(send, system, 'POST', '/api/orders', {'number': f'N{kind}-{number}', **order}) for kind in range(3)),
    ]
