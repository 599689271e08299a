"""A config is taken completely or refused with every mistake, each with file, line and probable meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import WrongConfig, check, dump, load

GOOD = 'resource: things\nfields:\n  name: string\n'


def refused(text: str, *others: str) -> list[str]:
    """What is said about `text`, standing alone or with `others`."""
    documents = {'entities/x.yaml': text} | {f'entities/{number}.yaml': other for number, other in enumerate(others)}
    with pytest.raises(WrongConfig) as caught:
        check(documents)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_short_form_means_the_type_alone() -> None:
    entity = check({'entities/x.yaml': GOOD}).entities['things']
    assert (entity.fields['name'].type_name, entity.fields['name'].id) == ('string', 'name')


def test_one_key_field_may_stand_without_a_list() -> None:
    assert check({'entities/x.yaml': GOOD + 'key: name\n'}).entities['things'].key == ('name',)


def test_the_texts_are_kept_as_they_were_read() -> None:
    documents = {'app.yaml': 'name: Möbel\n', 'entities/x.yaml': GOOD}
    config = check(documents)
    assert (config.documents, config.application.name) == (documents, 'Möbel')


def test_an_empty_application_file_means_the_defaults() -> None:
    assert check({'app.yaml': ''}).application.registration.open is False


FIELD = 'resource: things\nfields:\n  a: '


@pytest.mark.parametrize(
    ('text', 'line', 'message'),
    [
        (GOOD + 'lable: x\n', 4, "lable: unknown option 'lable', did you mean 'label'?"),
        (GOOD + 'interface:\n  per_pag: 5\n', 5, "unknown option 'per_pag', did you mean 'per_page'?"),
        (GOOD + 'permissions:\n  raed: public\n', 5, "unknown option 'raed', did you mean 'read'?"),
        (GOOD + 'interface:\n  per_page: 1\n', 5, 'interface.per_page: Input should be greater than or equal to 5'),
        (GOOD + 'interface: {ordering: [name, -name]}\n', 4, 'interface.ordering: name stands twice'),
        (GOOD + 'interface: 5\n', 4, 'interface: '),
        (GOOD + 'permissions: {create: owner}\n', 4, "a new record has no owner yet; use 'authenticated'"),
        (
            GOOD + 'permissions: {read: a b}\n',
            4,
            "must be 'public', 'authenticated', 'owner', the name of a role or {expression: …}",
        ),
        (GOOD + 'hooks: {after_create: x}\n', 4, 'hooks: needs the AI Service Builder'),
        (GOOD + 'key: [nam]\n', 4, "key: there is no field 'nam'"),
        (GOOD + 'interface: {ordering: [-nam]}\n', 4, "interface.ordering: there is no field 'nam'"),
        (GOOD + 'interface: {display: nam}\n', 4, "interface.display: there is no field 'nam'"),
        (
            GOOD + '  other: {type: json}\ninterface: {ordering: [other]}\n',
            5,
            'other is of type json, which has no order',
        ),
        (GOOD + '  other: {type: json}\nkey: other\n', 5, 'other is of type json, which cannot name a record'),
        (GOOD + '  Name: string\n', 3, 'differ in more than case'),
        (GOOD + '  full name: string\n', 4, 'names are letters, digits and underscores'),
        (GOOD + '  title: {type: string, id: name}\n', 3, "its id 'name' must be a name that no other field has"),
        (GOOD + "  title: {type: string, id: 'a\" b'}\n", 4, 'must be a name that no other field has or once had'),
        (GOOD + '  title: {type: string, id: id}\n', 4, 'id is the address of a record'),
        (GOOD + '  id: string\n', 4, 'id is the address of a record; make it a primary_key'),
        (GOOD + '  pk: primary_key\n', 4, 'a primary_key must be called id'),
        (GOOD + '  id: primary_key\nkey: name\n', 4, 'leaves no room for key'),
        (FIELD + '{type: strng}\n', 3, "fields.a.type: unknown type 'strng', did you mean 'string'?"),
        (FIELD + '{type: xyz}\n', 3, "unknown type 'xyz'; the types are boolean, computed, date"),
        (FIELD + '[string]\n', 3, "unknown type ['string']"),
        (FIELD + '{}\n', 3, 'fields.a: needs a type; the types are boolean'),
        (FIELD + '\n', 3, 'fields.a: needs a type; the types are'),
        (FIELD + '{type: string, maxlength: 5}\n', 3, "unknown option 'maxlength', did you mean 'max_length'?"),
        (FIELD + '{type: string, name: b}\n', 3, "unknown option 'name'"),
        (FIELD + '{type: string, 1: b}\n', 3, 'Keys should be strings'),
        (FIELD + "{type: string, pattern: '('}\n", 3, 'is not a regular expression'),
        (FIELD + '{type: integer, default: many}\n', 3, 'fields.a: the default must be a whole number'),
        (FIELD + '{type: integer, max: 5, default: 6}\n', 3, 'the default must be at most 5'),
        (FIELD + '{type: decimal, precision: 1}\n', 3, 'scale must not exceed precision'),
        (FIELD + '{type: decimal, precision: 39}\n', 3, 'less than or equal to 38'),
        (FIELD + '{type: select}\n', 3, 'fields.a.options: Field required'),
        (FIELD + '{type: select, options: [yes, no]}\n', 3, 'put words such as yes, no, on and off in quotes'),
        (FIELD + '{type: select, options: [a, a]}\n', 3, 'options must differ from each other'),
        (FIELD + '{type: foreign_key, references: thing}\n', 3, "no entity 'thing', did you mean 'things'?"),
        ('resource: things\nfields: [a]\n', 2, 'fields: Input should be a valid dictionary'),
        ('resource: things\nfields:\n  id: primary_key\n', 2, 'needs at least one besides the primary_key'),
        ('resource: things\nfields:\n  2020-01-01: strng\n', 3, "fields.2020-01-01.type: unknown type 'strng'"),
        ('resource: Things\nfields: {a: string}\n', 1, 'not a free name of small letters, digits and underscores'),
        ('resource: import\nfields: {a: string}\n', 1, "'import' is not a free name"),
        ('fields: {a: string}\n', 1, 'resource: Field required'),
        ('- a\n', 1, 'must be a mapping that begins with resource:'),
        ('', 1, 'must be a mapping that begins with resource:'),
        ('resource: things\nresource: others\n', 2, "the key 'resource' stands twice"),
        (GOOD + '  x: {type: json, default: {":a": 1}}\n', 4, 'begins with a colon, which is refused everywhere'),
    ],
)
def test_a_mistake_is_named_with_place_and_remedy(text: str, line: int, message: str) -> None:
    said = refused(text)
    assert message in said[0]
    assert said[0].startswith(f'entities/x.yaml:{line}: ')


def test_all_mistakes_are_named_at_once_in_the_order_of_the_lines() -> None:
    text = 'resource: things\nlable: x\nfields:\n  a: strng\n  b: {type: text, max: 5}\npermissions: {raed: x}\n'
    assert [said.split(':')[1] for said in refused(text)] == ['2', '4', '5', '6']


def test_mistakes_of_several_files_are_named_together() -> None:
    said = refused('resource: a\nfields: {x: strng}\n', 'resource: b\nfields: {x: tex}\n')
    assert [text.split(':')[0] for text in said] == ['entities/0.yaml', 'entities/x.yaml']


def test_two_files_cannot_define_the_same_entity() -> None:
    assert refused(GOOD, GOOD) == ['entities/0.yaml:1: things is already defined in another file']


def test_an_entity_that_cannot_be_read_is_not_also_missed_by_those_that_refer_to_it() -> None:
    pointing = 'resource: a\nfields:\n  x_id: {type: foreign_key, references: x}\n'
    assert len(refused('resource: x\nfields: {a: strng}\n', pointing)) == 1


def test_a_file_name_is_no_entity() -> None:
    pointing = 'resource: a\nfields:\n  x_id: {type: foreign_key, references: x}\n'
    assert "there is no entity 'x'" in refused(GOOD, pointing)[0]
    with pytest.raises(WrongConfig, match="there is no entity 'app'"):
        check({'app.yaml': '', 'entities/a.yaml': pointing.replace(': x}', ': app}')})


def test_the_application_file_has_its_own_words() -> None:
    with pytest.raises(WrongConfig, match=r"app.yaml:2: registration.opn: unknown option 'opn', did you mean 'open'\?"):
        check({'app.yaml': 'registration:\n  opn: true\n'})


def test_a_folder_is_read_with_the_paths_that_an_editor_can_open(tmp_path: Path) -> None:
    (tmp_path / 'entities').mkdir()
    (tmp_path / 'entities' / 'things.yaml').write_text(GOOD, 'utf-8')
    (tmp_path / 'demo.yaml').write_text('nothing: of the kind', 'utf-8')
    assert list(load(tmp_path).documents) == ['entities/things.yaml']
    (tmp_path / 'entities' / 'things.yaml').write_text('resource: things', 'utf-8')
    with pytest.raises(WrongConfig, match=f'{tmp_path}/entities/things.yaml:1: fields: Field required'):
        load(tmp_path)
    (tmp_path / 'entities' / 'things.yaml').write_bytes(b'resource: \xff')
    with pytest.raises(WrongConfig, match='is not UTF-8: byte 10 cannot be read'):
        load(tmp_path)


def test_a_folder_without_files_is_an_empty_system(tmp_path: Path) -> None:
    assert load(tmp_path).entities == {}


def test_yaml_is_written_in_the_order_given() -> None:
    assert dump({'b': 'ö', 'a': [1]}) == 'b: ö\na:\n- 1\n'
