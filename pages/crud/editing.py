"""What every form of records needs: the choices of references, what values entail, and a dialog for a new record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import background_tasks, ui

from app import codec
from app.crud import Author, Following, Record, Related, follow
from app.crud.values import stored_form
from app.crud.views import decide_read
from app.errors import Denied
from app.fields import Choices
from app.permissions import Principal
from app.schema import Entity
from pages.controls import Rules
from pages.form import Form
from pages.system import System

SUGGESTIONS = 50


def choices_for(system: System) -> Choices:
    """Records to refer to, found by words or named by `id:`, as far as whoever acts may read them."""

    async def choices(target: str, words: str) -> dict[str, str]:
        visitor, table = await system.acting(), system.views.catalog.table(target)
        if words.startswith('id:'):
            return await system.views.labels_of(target, [words[3:]], visitor) if decide_read(table, visitor) else {}
        query = [('search', words), ('limit', str(SUGGESTIONS)), ('count', 'none')]
        try:
            page = await system.views.page(target, query, visitor)
        except Denied:
            return {}
        seen = table.entity.without(table.entity.hidden_from(visitor))
        return {reference_to(table.entity, record): label_of(seen, record.values) for record in page.records}

    return choices


def reference_to(entity: Entity, record: Record) -> str:
    """What a foreign key that leads to a record holds."""
    return str(record.values[entity.key[0]]) if len(entity.key) == 1 else record.id


def label_of(entity: Entity, values: Mapping[str, Any]) -> str:
    """A record in a word or two."""
    return str(values.get(entity.display) or entity.title)


def plain_values(record: Record) -> dict[str, Any]:
    """The values of a record as forms edit them."""
    return {
        name: codec.parse(codec.encode(value).decode()) if isinstance(value, codec.Raw) else value
        for name, value in record.values.items()
    }


def rules_for(system: System, entity: Entity, record: Record | None, principal: Principal) -> Rules | None:
    """How a form follows what is typed; by all fields, since rules may look at hidden ones, and at other records."""
    if not (entity.ruled or entity.computed):
        return None
    before = None if record is None else stored_form(entity, record.values)

    table, related = system.views.catalog.table(entity.resource), Related(system.views)

    async def read(then: Callable[[], None]) -> None:
        await related.read()
        then()

    def rules(typed: Mapping[str, Any], again: Callable[[], None]) -> Following:
        following = related.look(follow, table, before, typed, principal)
        if related.missed:
            background_tasks.create(read(again))
        return following

    return rules


async def open_new(
    system: System, name: str, preset: Mapping[str, Any], created: Callable[[Record], Awaitable[None] | None]
) -> None:
    """A dialog for a new record, with values that stay as they are."""
    visitor = await system.acting()
    entity = system.views.catalog.table(name).entity
    shown = entity.without(entity.hidden_from(visitor)).readonly(entity.closed_to(visitor))

    async def save(values: dict[str, Any]) -> None:
        author = Author(principal=await system.acting(), source='page')
        record = await system.records.create(name, values, author)
        if (work := created(record)) is not None:
            await work

    title, rules = f'New in {entity.title.lower()}', rules_for(system, entity, None, visitor)
    with ui.context.client.content:
        Form(shown, None, choices_for(system), save, title, preset=preset, rules=rules).open()
