"""What a file for an import may hold."""

from __future__ import annotations

from app.config import check
from app.crud.importable import importable
from app.permissions import Principal

THINGS = """
resource: things
label: All things
key: number
fields:
  number: {type: integer, required: true, unique: true}
  name: {type: string, required: true, id: title}
  email: {type: email, unique: true}
  secret: {type: string, permissions: {read: [boss]}}
  grade: {type: string, permissions: {write: [boss]}}
  made: {type: timestamp, auto_now_add: true}
  fixed: {type: string, readonly: true}
  photo: image
  twice: {type: computed, expression: number * 2}
"""
ENTITY = check({'entities/things.yaml': THINGS}).entities['things']


def test_only_fields_that_a_file_may_fill_are_offered() -> None:
    told = importable(ENTITY, Principal(id='ann', name='ann'))
    assert told['title'] == 'All things'
    assert [field['name'] for field in told['fields']] == ['number', 'name', 'email']
    assert told['fields'][1] == {
        'name': 'name', 'title': 'Name', 'required': True, 'unique': False, 'aliases': ['title']
    }  # fmt: skip
    assert [field['name'] for field in told['fields'] if field['unique']] == ['email'], 'the key is asked for as such'
    boss = importable(ENTITY, Principal(id='eve', name='eve', roles=frozenset({'boss'})))
    assert [field['name'] for field in boss['fields']] == ['number', 'name', 'email', 'secret', 'grade']
