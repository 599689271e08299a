"""Who may do what, decided in one place and explained in one sentence."""

from app.permissions.principal import ANONYMOUS, SYSTEM, Principal
from app.permissions.rules import ACTIONS, Action, Decision, FieldPermissions, Permissions, decide, may_field

__all__ = [
    'ACTIONS',
    'ANONYMOUS',
    'SYSTEM',
    'Action',
    'Decision',
    'FieldPermissions',
    'Permissions',
    'Principal',
    'decide',
    'may_field',
]
