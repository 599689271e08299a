"""The form on a record's page: saves, merges, follows the changes of others, and hands out drafts to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import events, ui

from app.crud import Author, History, Record
from app.errors import Problem, Stale
from app.permissions import Principal
from app.schema import Entity
from pages.controls import Controls
from pages.crud.editing import choices_for, label_of, plain_values, rules_for
from pages.frame import tell
from pages.system import System


class RecordForm:
    """One record being edited in one window; `record` is none for a new one."""

    def __init__(self, system: System, entity: Entity, record: Record | None, visitor: Principal) -> None:
        self._system, self._entity, self._record = system, entity, record
        self._visitor = visitor
        self._version = record.version if record else None
        self._hidden = entity.hidden_from(visitor)
        self._client = ui.context.client
        shown = entity.without(self._hidden).readonly(entity.closed_to(visitor))
        with ui.element('div').classes('record-form').props('role=form aria-label=Record'):
            self.controls = Controls(
                shown,
                plain_values(record) if record else None,
                choices_for(system),
                rules=rules_for(system, entity, record, visitor),
                settled=self._tell_state,
            )
        ui.on('record_save', self._save)
        ui.on('record_merge', self._merge)
        ui.on('record_draft', self._restore)
        ui.on('record_refresh', self._refresh)

    async def _save(self, event: events.GenericEventArguments) -> None:
        leave = bool(_told(event).get('leave'))
        if sending := self.controls.sending:
            self.controls.show(dict.fromkeys(sending, 'is still on its way'))
            self._tell('refused', errors=self.controls.errors)
            return
        try:
            saved = await self._write(self.controls.changed())
        except Stale as stale:
            await self._ask(stale)
        except Problem as problem:
            self._refuse(problem)
        else:
            self._accept(saved)
            self._tell('saved', id=saved.id, version=saved.version, label=self._label(), leave=leave)
            self.controls.settle()

    def _refuse(self, problem: Problem) -> None:
        self.controls.settle()
        all_shown = self.controls.show(problem.errors)
        detail = problem.detail if not (problem.errors and all_shown) else ''
        self._tell('refused', errors=self.controls.errors, detail=detail)

    async def _write(self, values: dict[str, Any]) -> Record:
        author = Author(principal=await self._system.acting(), source='page')
        name, verbs = self._entity.resource, self._system.records
        if self._record is None:
            return await verbs.create(name, values, author)
        if not values and self._version == self._record.version:
            return self._record
        return await verbs.change(name, self._record.id, values, author, version=self._version)

    def _accept(self, record: Record, keep: Mapping[str, Any] | None = None) -> list[str]:
        """Go on from this record; returns the fields that show another value than before."""
        self._record, self._version = record, record.version
        self.controls.follow_by(rules_for(self._system, self._entity, record, self._visitor))
        return self.controls.rebase(plain_values(record), keep or {})

    async def _ask(self, stale: Stale) -> None:
        """Show both sides where somebody else was faster."""
        try:
            newest, mine = await self._newest(), self.controls.changed()
        except Problem as problem:
            self._refuse(problem)
            return
        theirs, base = plain_values(newest.without(self._hidden)), self.controls.base
        typed = self.controls.parsed(mine)
        fields = [
            {'name': name, 'base': base.get(name), 'theirs': theirs.get(name), 'mine': typed.get(name, base.get(name))}
            | {'changed': name in mine, 'differs': theirs.get(name) != base.get(name)}
            for name in self.controls.names
            if name in mine or theirs.get(name) != base.get(name)
        ]
        self._tell('conflict', fields=fields, version=newest.version, changes=stale.extra.get('changes', []))

    async def _merge(self, event: events.GenericEventArguments) -> None:
        """Put what was chosen on top of the newest version, and save it."""
        mine = {str(name): None for name in _told(event).get('mine', ())}
        try:
            self._accept(await self._newest(), mine)
        except Problem as problem:
            self._refuse(problem)
        else:
            await self._save(event)

    async def _refresh(self, _: events.GenericEventArguments) -> None:
        """Somebody else changed the record: show it where the user has not typed."""
        try:
            newest = await self._newest()
        except Problem:
            return  # it was deleted, or the session has ended: the page tells that itself
        if self._record is None or newest.version <= self._record.version:
            return
        mine, values = self.controls.changed(), plain_values(newest)
        clashing = [name for name in mine if values.get(name) != self.controls.base.get(name)]
        if clashing:
            moved = self.controls.rebase({**values, **self._bases(clashing)}, mine)
        else:
            moved = self._accept(newest, mine)
        await self.controls.find_labels()
        self._tell('moved', fields=moved, clashing=clashing, label=self._label())
        self.controls.settle()

    def _label(self) -> str:
        shown = self._entity.without(self._hidden)
        return label_of(shown, self._record.values) if self._record else ''

    def _bases(self, names: list[str]) -> dict[str, Any]:
        return {name: self.controls.base.get(name) for name in names}

    async def _restore(self, event: events.GenericEventArguments) -> None:
        """Fill in a draft; where others have changed the same since, saving it is a conflict, as it would be live."""
        draft = _told(event)
        values, version = draft.get('values', {}), draft.get('version')
        if self._record and isinstance(version, int) and 0 < version < self._record.version:
            life, visitor = History(self._system.records, self._system.log), await self._system.acting()
            name, record = self._entity.resource, self._record
            told = await life.compare(name, record.id, visitor, version, record.version)
            clashing = {field: change['from'] for field, change in told['changes'].items() if field in values}
            self.controls.base |= clashing
            self._version = version if clashing else record.version
        self.controls.type(values)
        await self.controls.find_labels()
        self.controls.settle()

    async def _newest(self) -> Record:
        assert self._record
        visitor = await self._system.acting()
        return await self._system.views.get(self._entity.resource, self._record.id, visitor)

    def _tell_state(self) -> None:
        typed, errors = self.controls.typed(), self.controls.errors
        self._tell('state', values=typed, version=self._version or 0, errors=errors)

    def _tell(self, kind: str, **detail: Any) -> None:
        tell(self._client, kind, **detail)


def _told(event: events.GenericEventArguments) -> dict[str, Any]:
    return event.args if isinstance(event.args, dict) else {}
