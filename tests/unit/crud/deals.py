"""Deals and what refers to them, by each of the rules for deletions; short words for what tests do with them."""

from __future__ import annotations

from typing import Any

from app.crud.operations import Operation, perform
from app.permissions import Principal
from tests.unit.crud.shop import ANN, OPEN, Shop, author

RULES = {'notes': 'cascade', 'tasks': 'set_null', 'bills': 'restrict'}
"""Entity -> what becomes of its records when the deal that they refer to is deleted."""


def documents() -> dict[str, str]:
    """Deals, what refers to them, and attachments of notes."""
    found = {'entities/deals.yaml': f'resource: deals\nfields:\n  id: primary_key\n  name: string\n{OPEN}'}
    for name, rule in RULES.items():
        field = f'{{type: foreign_key, references: deals, on_delete: {rule}}}'
        found[f'entities/{name}.yaml'] = (
            f'resource: {name}\nfields:\n  id: primary_key\n  text: string\n  deal: {field}\n{OPEN}'
        )
    for name, rule in {'attachments': 'cascade', 'receipts': 'restrict'}.items():
        note = f'{{type: foreign_key, references: notes, on_delete: {rule}}}'
        found[f'entities/{name}.yaml'] = f'resource: {name}\nfields:\n  id: primary_key\n  note: {note}\n{OPEN}'
    return found


def undo(shop: Shop, what: str | int, by: Principal = ANN, **options: bool) -> dict[str, Any]:
    """Take back a batch or what happened at a position."""
    return shop.run(shop.data.undo.undo(what, author(by), **options))


def do(shop: Shop, *operations: Operation) -> str:
    """The batch of several operations."""
    return str(shop.run(perform(shop.data.records, operations, author(ANN)))['batch'])
