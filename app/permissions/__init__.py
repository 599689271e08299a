"""Who may do what, decided in one place and explained in one sentence."""

from app.permissions.principal import ANONYMOUS, SYSTEM, Principal
from app.permissions.rules import ACTIONS, Action, Decision, Permissions, decide

__all__ = ['ACTIONS', 'ANONYMOUS', 'SYSTEM', 'Action', 'Decision', 'Permissions', 'Principal', 'decide']
