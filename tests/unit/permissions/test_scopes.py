"""API keys narrow what the roles of their owner allow, and never widen it."""

from __future__ import annotations

from typing import Any

import pytest

from app.permissions import ACTIONS, ANONYMOUS, SYSTEM, Permissions, Principal, decide

ROLES = frozenset({'admin', 'sales'})


def holder(*scopes: str, roles: frozenset[str] = ROLES) -> Principal:
    """Somebody who uses a key with these scopes."""
    return Principal(id='1', name='ann', roles=roles, session='key:1', scopes=frozenset(scopes))


@pytest.mark.parametrize(
    ('scope', 'covered'),
    [
        ('*', 'read create update delete append'),
        ('*:*', 'read create update delete append'),
        ('orders:*', 'read create update delete append'),
        ('orders:read', 'read'),
        ('*:read', 'read'),
        ('orders:write', 'create update delete'),
        ('*:write', 'create update delete'),
        ('orders:create', 'create'),
        ('orders:update', 'update'),
        ('orders:delete', 'delete'),
        ('orders:append', 'append'),
        ('orders', ''),
        ('order:read', ''),
        ('orders2:read', ''),
        ('customers:*', ''),
        ('ORDERS:READ', ''),
        ('orders:reader', ''),
        (':', ''),
        ('', ''),
    ],
)
def test_a_scope_covers_what_it_names(scope: str, covered: str) -> None:
    actions = ('read', 'create', 'update', 'delete', 'append')
    assert [action for action in actions if holder(scope).in_scope('orders', action)] == covered.split()


def test_scopes_add_up_and_no_scope_covers_nothing() -> None:
    both = holder('orders:read', 'customers:write')
    assert both.in_scope('orders', 'read') and both.in_scope('customers', 'create')
    assert not both.in_scope('orders', 'create') and not both.in_scope('customers', 'read')
    assert not any(holder().in_scope('orders', action) for action in ACTIONS)


def test_who_uses_no_key_is_not_limited() -> None:
    for who in (ANONYMOUS, SYSTEM, Principal(id='1', name='ann')):
        assert who.in_scope('orders', 'delete')


@pytest.mark.parametrize('rules', ['public', 'authenticated', 'owner', 'sales', 'admin', ['sales', 'owner']])
def test_no_rule_opens_what_the_scopes_leave_out(rules: Any) -> None:
    permissions = Permissions(read=rules)
    refused = decide(permissions, 'read', holder('orders:write', 'customers:*'), 'orders')
    assert (refused.allowed, refused.reason) == (False, 'The API key lacks the scope orders:read.')
    assert decide(permissions, 'read', holder('orders:read'), 'orders').allowed


def test_no_scope_opens_what_the_rules_leave_out() -> None:
    key = holder('*', roles=frozenset({'sales'}))
    permissions = Permissions.model_validate({'read': 'sales', 'create': 'support', 'update': 'owner'})
    answers = {action: decide(permissions, action, key, 'orders') for action in ACTIONS}
    assert {action: answer.allowed for action, answer in answers.items()} == {
        'read': True,
        'create': False,
        'update': True,
        'delete': False,
    }
    assert answers['update'].condition
    assert not answers['read'].condition


def test_only_a_key_to_everything_is_an_admin_without_limit() -> None:
    assert holder('*').admin
    assert not holder('*:*').admin
    assert not holder('admin:*').admin
    assert Principal(id='1', name='ann', roles=ROLES).admin


@pytest.mark.parametrize(
    ('scope', 'reads', 'appends'),
    [
        ('*', True, True),
        ('events:*', True, True),
        ('events:read', True, False),
        ('*:read', True, False),
        ('events:append', False, True),
        ('events:write', False, False),
        ('customers:*', False, False),
    ],
)
def test_the_log_is_a_resource_of_its_own(scope: str, reads: bool, appends: bool) -> None:
    key = holder(scope)
    assert (key.reads_log, key.appends_events) == (reads, appends)
    auditor = holder(scope, roles=frozenset({'auditor'}))
    assert (auditor.reads_log, auditor.appends_events) == (reads, False)
    ordinary = holder(scope, roles=frozenset({'user'}))
    assert not ordinary.reads_log and not ordinary.appends_events
