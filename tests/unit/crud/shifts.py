"""An entity with fields that are more than a word or a number, and a record of it as sent and as stored."""

from __future__ import annotations

from typing import Any

from tests.unit.crud.shop import OPEN

SHIFTS = f"""
resource: shifts
fields:
  id: primary_key
  notes: {{type: markdown, searchable: true}}
  opens: {{type: time, min: 6:00, max: 22:00}}
  days: {{type: multiselect, options: [mon, tue, wed], default: [mon]}}
  tags: {{type: list, max_items: 3}}
  ticket: {{type: uuid, auto: true, unique: true}}
  length: {{type: duration, max: 12:00}}
  wage: {{type: decimal, currency: EUR, unit: / h}}
{OPEN}"""
TICKET = '0190a7c4-5f2e-7b31-9c8d-2f6e4a1b0c3d'
SENT: dict[str, Any] = {
    'notes': '# Early\n*please*',
    'opens': '9:30',
    'days': ['wed', 'mon', 'wed'],
    'tags': ['a, b', '"\\', 'c\n\x1f'],
    'ticket': TICKET.upper(),
    'length': '1h 30m',
    'wage': 12,
}
STORED: dict[str, Any] = SENT | {
    'opens': '09:30:00',
    'days': ['mon', 'wed'],
    'ticket': TICKET,
    'length': 5400,
    'wage': '12.00',
}
