"""What the dialogs for files are told of an entity."""

from __future__ import annotations

from app.config import check
from app.permissions import Principal
from pages.file_dialogs import dialog_options

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
    told = dialog_options(ENTITY, Principal(id='ann', name='ann'))
    assert [field['name'] for field in told['fields']] == ['number', 'name', 'email']
    assert told['fields'][1] == {
        'name': 'name', 'title': 'Name', 'required': True, 'unique': False, 'aliases': ['title']
    }  # fmt: skip
    assert [field['name'] for field in told['fields'] if field['unique']] == ['email'], 'the key is asked for as such'
    boss = dialog_options(ENTITY, Principal(id='eve', name='eve', roles=frozenset({'boss'})))
    assert [field['name'] for field in boss['fields']] == ['number', 'name', 'email', 'secret', 'grade']


def test_hidden_columns_are_not_named() -> None:
    told = dialog_options(ENTITY, Principal(id='ann', name='ann'))
    assert (told['title'], 'secret' in told['columns'], 'name' in told['columns']) == ('All things', False, True)
