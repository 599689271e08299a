"""Who may do what, decided in one place and explained in one sentence."""

from app.permissions.principal import ANONYMOUS, SYSTEM, Principal
from app.permissions.rules import (
    ACTIONS,
    OWN,
    Action,
    Decision,
    FieldPermissions,
    Permissions,
    decide,
    is_condition,
    may_anything,
    may_field,
)

__all__ = [
    'ACTIONS',
    'ANONYMOUS',
    'OWN',
    'SYSTEM',
    'Action',
    'Decision',
    'FieldPermissions',
    'Permissions',
    'Principal',
    'decide',
    'is_condition',
    'may_anything',
    'may_field',
]
