"""How a form is laid out: tabs of sections of columns of fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pydantic import Field as Option

from app.spelling import did_you_mean
from app.strict import Strict

Names = tuple[str, ...]
REST = 'More'


class Section(Strict):
    """Fields that belong together: in `columns`, or as `fields` two to a row, of which wide ones take all of it."""

    label: str = Option('', max_length=100)
    columns: tuple[Names, ...] = Option((), max_length=4)
    fields: Names = ()

    @property
    def named(self) -> Names:
        """All its fields."""
        return (*(name for column in self.columns for name in column), *self.fields)

    def only(self, names: Collection[str]) -> Section:
        """The section for somebody who sees no other fields."""
        columns = (tuple(name for name in column if name in names) for column in self.columns)
        fields = tuple(name for name in self.fields if name in names)
        return Section(label=self.label, columns=tuple(filter(None, columns)), fields=fields)


class Tab(Strict):
    """Sections that are seen at once."""

    label: str = Option('', max_length=100)
    sections: tuple[Section, ...] = Option(min_length=1)


class Layout(Strict):
    """Empty for one section of all fields."""

    tabs: tuple[Tab, ...] = ()

    def arrange(self, names: Sequence[str]) -> tuple[Tab, ...]:
        """Tabs in which each of these fields stands once: those that no section names come last."""
        if not self.tabs:
            return (Tab(sections=(Section(fields=tuple(names)),)),)
        tabs = [self._kept(tab, names) for tab in self.tabs]
        said = {name for tab in self.tabs for section in tab.sections for name in section.named}
        if rest := tuple(name for name in names if name not in said):
            last = tabs[-1]
            more = Section(label=REST if last.sections else '', fields=rest)
            tabs[-1] = last.model_copy(update={'sections': (*last.sections, more)})
        return tuple(tab for tab in tabs if tab.sections)

    def problems(self, fields: Collection[str]) -> Iterator[str]:
        """What is wrong with it for an entity that has these fields, each with its place."""
        seen: dict[str, str] = {}
        for number, tab in enumerate(self.tabs):
            if not tab.label and len(self.tabs) > 1:
                yield f'layout.tabs.{number}: needs a label, since there are several tabs'
            for index, section in enumerate(tab.sections):
                if not section.named:
                    yield f'layout.tabs.{number}.sections.{index}: needs columns or fields'
            for place, names in _places(number, tab):
                for name in names:
                    if name not in fields:
                        yield f'{place}: there is no field {name!r}{did_you_mean(name, fields)}'
                    elif name in seen:
                        yield f'{place}: {name!r} stands in {seen[name]} already; take out one of them'
                    seen.setdefault(name, place)

    @staticmethod
    def _kept(tab: Tab, names: Collection[str]) -> Tab:
        sections = tuple(kept for section in tab.sections if (kept := section.only(names)).named)
        return tab.model_copy(update={'sections': sections})


def _places(number: int, tab: Tab) -> Iterator[tuple[str, Names]]:
    for index, section in enumerate(tab.sections):
        place = f'layout.tabs.{number}.sections.{index}'
        yield f'{place}.fields', section.fields
        for column, names in enumerate(section.columns):
            yield f'{place}.columns.{column}', names
