"""What a change is based on: named by If-Match, or by the version in the record that is sent back."""

from __future__ import annotations

import pytest

from tests.process import System
from tests.scenario import Scenario

SCENARIOS = [
    Scenario(
        name='a record sent back as it was read',
        method='PATCH',
        path='/api/customers/grace',
        json={'status': 'pending', '_version': 1},
        contains=('"_version":2',),
        events={'changed': 1},
    ),
    Scenario(
        name='a record sent back that somebody else has changed meanwhile',
        method='PATCH',
        path='/api/customers/grace',
        json={'status': 'active', '_version': 1},
        status=412,
        contains=('"current":{', '"changes":[{"version":2,'),
    ),
    Scenario(
        name='a change of whatever version there is',
        method='PATCH',
        path='/api/customers/grace',
        json={'status': 'active', '_version': 1},
        headers={'If-Match': '*'},
        events={'changed': 1},
    ),
    Scenario(
        name='a count of something that there is not',
        path='/api/customers?count=notes',
        status=400,
        contains=('count: must be *, exact or none',),
    ),
]


@pytest.mark.parametrize('scenario', SCENARIOS, ids=str)
def test_request(system: System, scenario: Scenario) -> None:
    scenario.run(system)
