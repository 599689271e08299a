"""Forms are laid out by the config: every field has one place, and mistakes are told with place and remedy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import WrongConfig, check
from app.layout import Layout, Section, Tab
from app.schema import Entity

HEAD = 'resource: things\nfields: {id: primary_key, name: string, notes: text, size: integer, made: {type: timestamp, '
FIELDS = f'{HEAD}auto_now_add: true}}}}\n'
TABS = """layout:
  tabs:
    - label: First
      sections:
        - {label: Who, columns: [[name], [size]]}
    - label: Second
      sections:
        - fields: [notes]
"""


def entity(text: str = '') -> Entity:
    """The one entity of a document."""
    return check({'entities/x.yaml': FIELDS + text}).entities['things']


def shape(tabs: tuple[Tab, ...]) -> list[tuple[str, list[tuple[str, tuple[tuple[str, ...], ...], tuple[str, ...]]]]]:
    """Labels, columns and fields."""
    return [(tab.label, [(one.label, one.columns, one.fields) for one in tab.sections]) for tab in tabs]


def test_without_a_layout_all_fields_that_people_fill_in_stand_in_one_section() -> None:
    assert shape(entity().form) == [('', [('', (), ('name', 'notes', 'size'))])]


def test_fields_stand_where_the_layout_says() -> None:
    assert shape(entity(TABS).form) == [
        ('First', [('Who', (('name',), ('size',)), ())]),
        ('Second', [('', (), ('notes',))]),
    ]


def test_fields_that_no_section_names_come_last() -> None:
    placed = entity('layout: {tabs: [{sections: [{fields: [size]}]}]}').form
    assert shape(placed) == [('', [('', (), ('size',)), ('More', (), ('name', 'notes'))])]


def test_who_may_not_see_a_field_sees_no_place_for_it_either() -> None:
    shown = entity(TABS).without(frozenset({'notes', 'name'}))
    assert shape(shown.form) == [('First', [('Who', (('size',),), ())])]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('layout: {tabs: [{sections: [{fields: [nmae]}]}]}', "there is no field 'nmae', did you mean 'name'?"),
        ('layout: {tabs: [{sections: [{columns: [[name], [x]]}]}]}', "tabs.0.sections.0.columns.1: there is no f"),
        ('layout: {tabs: [{sections: [{fields: [name, name]}]}]}', "'name' stands in layout.tabs.0.sections.0.fields"),
        ('layout: {tabs: [{sections: [{fields: [name]}]}, {sections: [{fields: [size]}]}]}', 'tabs.0: needs a l'),
        ('layout: {tabs: [{sections: [{label: Who}]}]}', 'layout.tabs.0.sections.0: needs columns or fields'),
        ('layout: {tabs: [{label: A}]}', 'layout.tabs.0.sections: Field required'),
        ('layout: {tabs: [{sections: [{colums: [[name]]}]}]}', "unknown option 'colums', did you mean 'columns'?"),
        ('layout: {tab: []}', "layout.tab: unknown option 'tab', did you mean 'tabs'?"),
        ('layout: {tabs: [{sections: [{columns: [[name], [size], [notes], [], []]}]}]}', 'at most 4 items'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_remedy(text: str, message: str) -> None:
    with pytest.raises(WrongConfig) as caught:
        entity(text)
    assert message in str(caught.value.mistakes[0])


def test_a_mistake_is_told_with_its_line() -> None:
    with pytest.raises(WrongConfig) as caught:
        entity(TABS.replace('notes', 'ntoes'))
    assert str(caught.value.mistakes[0]).startswith('entities/x.yaml:10')


NAMES = st.lists(st.sampled_from('abcdefghij'), unique=True)
SECTIONS = st.lists(st.builds(Section, columns=st.lists(NAMES, max_size=4), fields=NAMES), min_size=1, max_size=3)
LAYOUTS = st.builds(Layout, tabs=st.lists(st.builds(Tab, label=st.just('x'), sections=SECTIONS), max_size=3))


@given(LAYOUTS, NAMES)
def test_every_field_that_there_is_has_a_place_and_no_other(layout: Layout, names: list[str]) -> None:
    placed = [name for tab in layout.arrange(names) for section in tab.sections for name in section.named]
    assert set(placed) == set(names)
