"""The rules of an entity: for each action a list of words and conditions, one of which must fit."""

from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from app.permissions.principal import Principal

Action = Literal['create', 'read', 'update', 'delete']
ACTIONS: tuple[Action, ...] = get_args(Action)
OWN = '(_owner = @user.id)'
ALIASES = {'owner_or_admin': 'owner', 'admin_only': 'admin'}


class Permissions(BaseModel):
    """One or several rules per action: `public`, `authenticated`, `owner`, the name of a role, or `{expression: …}`.

    An expression is a condition on the record, kept in brackets among the words. Admins may do everything.
    """

    model_config = ConfigDict(extra='forbid', frozen=True)

    create: tuple[str, ...] = ('admin',)
    read: tuple[str, ...] = ('admin',)
    update: tuple[str, ...] = ('admin',)
    delete: tuple[str, ...] = ('admin',)

    @field_validator('create', 'read', 'update', 'delete', mode='before')
    @classmethod
    def _read_words(cls, rules: Any) -> tuple[str, ...]:
        return tuple(_rule(rule) for rule in (rules if isinstance(rules, (list, tuple)) else [rules]))

    @field_validator('create')
    @classmethod
    def _nobody_owns_a_new_record(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        if 'owner' in rules:
            raise ValueError("a new record has no owner yet; use 'authenticated'")
        return rules

    def rules(self, action: Action) -> tuple[str, ...]:
        """The words and conditions for one action."""
        rules: tuple[str, ...] = getattr(self, action)
        return rules

    def conditions(self) -> list[tuple[Action, str]]:
        """All conditions, each with the action that it opens."""
        return [(action, rule) for action in ACTIONS for rule in self.rules(action) if is_condition(rule)]


class FieldPermissions(BaseModel):
    """Who may see a field and who may set it; what is left out is as open as the record."""

    model_config = ConfigDict(extra='forbid', frozen=True)

    read: tuple[str, ...] | None = None
    write: tuple[str, ...] | None = None

    @field_validator('read', 'write', mode='before')
    @classmethod
    def _read_words(cls, rules: Any) -> tuple[str, ...]:
        words = tuple(_word(rule) for rule in (rules if isinstance(rules, (list, tuple)) else [rules]))
        if 'owner' in words:
            raise ValueError("a field has no owner of its own; use 'authenticated' or the name of a role")
        return words


def may_field(rules: tuple[str, ...] | None, principal: Principal) -> bool:
    """Whether the rules of one field let `principal` through."""
    if rules is None or 'admin' in principal.roles or 'public' in rules:
        return True
    return not principal.anonymous and ('authenticated' in rules or bool(principal.roles.intersection(rules)))


class Decision(NamedTuple):
    """Whether it is allowed, why, and on which records: those that fulfil `condition`; all where it is empty."""

    allowed: bool
    reason: str
    condition: str = ''


def decide(permissions: Permissions, action: Action, principal: Principal, resource: str = '') -> Decision:
    """What `principal` may do with `resource` before any particular record is looked at."""
    rules = permissions.rules(action)
    if not principal.in_scope(resource, action):
        return Decision(False, f'The API key lacks the scope {resource}:{action}.')
    if 'admin' in principal.roles:
        return Decision(True, f'{principal.name} is an admin.')
    if 'public' in rules:
        return Decision(True, f'{action} is public.')
    if principal.anonymous:
        return Decision(False, f'{action} needs a login.')
    if 'authenticated' in rules:
        return Decision(True, f'{action} is open to everyone who is logged in.')
    roles = sorted(principal.roles.intersection(rules))
    if roles:
        return Decision(True, f'{principal.name} has the role {roles[0]}.')
    conditions = [*([OWN] if 'owner' in rules else []), *filter(is_condition, rules)]
    if conditions == [OWN]:
        return Decision(True, f'{action} is open to the owner of a record.', OWN)
    if conditions:
        wanted = ' OR '.join(conditions)
        told = wanted if len(conditions) > 1 else wanted[1:-1]
        return Decision(True, f'{action} is open where {told}.', wanted)
    return Decision(False, f'{action} needs {" or ".join(rules) or "the role admin"}.')


def may_anything(permissions: Permissions, principal: Principal, resource: str) -> bool:
    """Whether there is any action on `resource` that `principal` may take, be it on some records only."""
    return any(decide(permissions, action, principal, resource).allowed for action in ACTIONS)


def is_condition(rule: str) -> bool:
    """Whether a rule is an expression rather than a word."""
    return rule.startswith('(')


def _rule(rule: Any) -> str:
    if isinstance(rule, dict) and set(rule) == {'expression'} and isinstance(rule['expression'], str):
        return f'({rule["expression"]})'
    return _word(rule)


def _word(rule: Any) -> str:
    if isinstance(rule, dict) and set(rule) == {'role'}:
        rule = rule['role']
    if not isinstance(rule, str) or not rule.replace('_', '').replace('-', '').isalnum():
        raise ValueError("must be 'public', 'authenticated', 'owner', the name of a role or {expression: …}")
    return ALIASES.get(rule, rule)
