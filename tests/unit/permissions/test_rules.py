"""Who may do what, and the sentence that says why."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.permissions import ACTIONS, ANONYMOUS, SYSTEM, Permissions, Principal, decide

ANN = Principal(id='1', name='ann')
SELLER = Principal(id='2', name='sam', roles=frozenset({'sales', 'support'}))
ADMIN = Principal(id='3', name='root', roles=frozenset({'admin'}))


@pytest.mark.parametrize(
    ('rules', 'principal', 'allowed', 'only_own', 'reason'),
    [
        ('admin', ADMIN, True, False, 'root is an admin.'),
        ('sales', ADMIN, True, False, 'root is an admin.'),
        ('sales', SYSTEM, True, False, 'system is an admin.'),
        ('admin', SELLER, False, False, 'read needs admin.'),
        ('sales', SELLER, True, False, 'sam has the role sales.'),
        (['support', 'sales'], SELLER, True, False, 'sam has the role sales.'),
        (['owner', 'sales'], SELLER, True, False, 'sam has the role sales.'),
        (['owner', 'sales'], ANN, True, True, 'read is open to the owner of a record.'),
        ('owner', ANONYMOUS, False, False, 'read needs a login.'),
        ('owner_or_admin', ANN, True, True, 'read is open to the owner of a record.'),
        ('admin_only', ANN, False, False, 'read needs admin.'),
        ('public', ANONYMOUS, True, False, 'read is public.'),
        ('authenticated', ANONYMOUS, False, False, 'read needs a login.'),
        ('authenticated', ANN, True, False, 'read is open to everyone who is logged in.'),
        (['owner', 'authenticated'], ANN, True, False, 'read is open to everyone who is logged in.'),
        ({'role': 'sales'}, SELLER, True, False, 'sam has the role sales.'),
        (['sales', 'support'], ANN, False, False, 'read needs sales or support.'),
        ([], ANN, False, False, 'read needs the role admin.'),
    ],
)
def test_a_rule_decides(rules: Any, principal: Principal, allowed: bool, only_own: bool, reason: str) -> None:
    decision = decide(Permissions(read=rules), 'read', principal)
    assert (decision.allowed, bool(decision.condition), decision.reason) == (allowed, only_own, reason)


@pytest.mark.parametrize('action', ACTIONS)
def test_what_the_config_does_not_open_is_closed(action: Any) -> None:
    assert not decide(Permissions(), action, SELLER).allowed
    assert decide(Permissions(), action, ADMIN).allowed


def test_each_action_has_rules_of_its_own() -> None:
    permissions = Permissions.model_validate({'read': 'public', 'update': 'sales'})
    assert [decide(permissions, action, SELLER).allowed for action in ACTIONS] == [False, True, True, False]


@pytest.mark.parametrize('rules', [None, 5, ['a b'], [''], {'role': 'a', 'b': 1}, {'user': 'ann'}, [['sales']], 'a;b'])
def test_what_is_no_rule_is_refused_with_what_may_stand_there(rules: Any) -> None:
    with pytest.raises(ValidationError, match="must be 'public', 'authenticated', 'owner', the name of a role"):
        Permissions(read=rules)


def test_nobody_owns_a_record_before_it_is_there() -> None:
    with pytest.raises(ValidationError, match="no owner yet; use 'authenticated'"):
        Permissions.model_validate({'create': ['sales', 'owner']})


def test_reading_the_log_takes_more_than_a_login() -> None:
    auditor = Principal(id='4', name='eve', roles=frozenset({'auditor'}))
    assert [who.reads_log for who in (ADMIN, auditor, SELLER, ANONYMOUS)] == [True, True, False, False]
    assert (auditor.admin, ANONYMOUS.anonymous, ANN.anonymous) == (False, True, False)
