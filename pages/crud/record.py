"""The page of one record: its form, what refers to it, and its whole life."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from nicegui import APIRouter, events, ui
from starlette.requests import Request

from app import codec
from app.crud import History, Record
from app.errors import NotFound, Problem
from app.http import raw_path
from app.identifier import canonical_id
from app.permissions import Action, decide
from pages.crud.editing import label_of, open_new, reference_to
from pages.crud.record_form import RecordForm
from pages.crud.record_parts import about, headline, panels, places, pointing_to
from pages.design import html
from pages.frame import crumb, frame, module, tell
from pages.refused import refused
from pages.system import System

SHORTCUTS = [['Ctrl S', 'Save'], ['Ctrl Enter', 'Save and go back to the list'], ['← →', 'Versions, on the slider']]


def register(router: APIRouter, system: System) -> None:
    """The pages of all records; after every other page of this port, since it takes whatever is left."""

    @router.page('/{entity}/{segment:path}')
    async def record(request: Request, entity: str, as_of: str = '') -> None:
        try:
            found = await _find(system, request, entity, as_of)
        except Problem as problem:
            with frame(system, problem.title, service='crud'):
                refused(problem)
            return
        await _Page(system, entity, *found, as_of).build()


async def _find(system: System, request: Request, name: str, as_of: str) -> tuple[str, Record | None, str]:
    """The id, the record and whether it is new, now, past or deleted."""
    visitor = system.visitor()
    segment = raw_path(request.scope).removeprefix(f'/{name}/')
    if not segment or '/' in segment:
        raise NotFound(f'There is nothing at {request.url.path}.')
    if segment == 'new':
        system.views.allow(name, 'create', visitor)
        return '', None, 'new'
    record_id = canonical_id(segment)
    with suppress(NotFound):
        record = await system.views.get(name, record_id, visitor, as_of=as_of)
        return record_id, None if as_of else record, 'past' if as_of else 'now'
    await History(system.records, system.log).history(name, record_id, visitor)
    return record_id, None, 'past' if as_of else 'deleted'


class _Page:
    """What there is to see depends on whether the record is new, as it is now, as it was, or deleted."""

    def __init__(
        self, system: System, name: str, record_id: str, record: Record | None, state: str, as_of: str
    ) -> None:
        self.system, self.name, self.id, self.record, self.state = system, name, record_id, record, state
        self.as_of = as_of
        self.visitor = system.visitor()
        whole = system.views.catalog.table(name).entity
        self.whole, self.entity = whole, whole.without(whole.hidden_from(self.visitor))

    async def build(self) -> None:
        entity, new = self.entity, self.state == 'new'
        label = f'New in {entity.title.lower()}' if new else self._label()
        crumbs = crumb(self.system, ('Data', '/'), (entity.title, f'/{self.name}'), ('New' if new else label, ''))
        with frame(self.system, label, service='crud', here=f'/{self.name}', crumbs=crumbs):
            may = await self._may()
            editable = may['create'] if new else self.state == 'now' and may['update']
            module('record', self._options(may, label, editable=editable))
            html(headline(label, self.state, may, editable=editable), classes='headline record-head')
            html('', classes='record-banners').props('data-banners')
            with ui.element('div').classes('record alone' if new else 'record'):
                with ui.element('div').classes('record-main'):
                    html('', classes='tabs').props('data-tabs role=tablist aria-label="Parts of the record"')
                    await self._add_form(editable=editable)
                if not new:
                    html(about(), classes='record-side')
            _shortcuts()
            ui.on('record_add', self._open_related)

    async def _add_form(self, *, editable: bool) -> None:
        with ui.element('section').classes('panel record-panel').props('data-now'):
            if editable:
                form = RecordForm(self.system, self.whole, self.record, self.visitor)
                if self.record:
                    table = self.system.views.catalog.table(self.name)
                    form.controls.label(await self.system.views.labels(table, [self.record], self.visitor))
                html('', classes='muted blame').props('data-blame')
        html(panels())

    def _label(self) -> str:
        return label_of(self.entity, self.record.values) if self.record else self.id

    async def _may(self) -> dict[str, bool]:
        actions: tuple[Action, ...] = ('create', 'update', 'delete')
        return {action: await self._allows(action) for action in actions}

    async def _allows(self, action: Action) -> bool:
        if not self.record or action == 'create':
            return decide(self.whole.permissions, action, self.visitor, self.name).allowed
        return await self.system.views.may(self.name, self.record, self.visitor, action)

    def _options(self, may: dict[str, bool], label: str, *, editable: bool) -> dict[str, Any]:
        record = self.record
        return {
            'entity': self.name,
            'id': self.id,
            'label': label,
            'state': self.state,
            'editable': editable,
            'asOf': self.as_of,
            'version': record.version if record else 0,
            'position': self.system.log.position,
            'reference': reference_to(self.entity, record) if record else '',
            'user': self.visitor.id,
            'may': may,
            **places(self.system, self.entity, self.visitor),
        }

    async def _open_related(self, event: events.GenericEventArguments) -> None:
        """A dialog for a new record that refers to this one."""
        asked = event.args if isinstance(event.args, dict) else {}
        for other, field in pointing_to(self.system, self.entity, self.visitor):
            if (other.resource, field) == (asked.get('entity'), asked.get('field')) and self.record:
                preset = {field: reference_to(self.entity, self.record)}
                await self._open_new(other.resource, preset)

    async def _open_new(self, other: str, preset: dict[str, Any]) -> None:
        client = ui.context.client
        try:
            await open_new(self.system, other, preset, lambda record: tell(client, 'added', entity=other))
        except Problem as problem:
            tell(client, 'refused', detail=problem.detail, errors=[])


def _shortcuts() -> None:
    ui.add_body_html(
        f'<script type="application/json" id="shortcuts-options">{codec.encode(SHORTCUTS).decode()}</script>'
    )
