"""The only form in the project: made from the config, errors at the fields, nothing lost when saving fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import events, ui

from app.errors import Problem
from app.fields import Choices, Field
from app.fields.file import File
from app.schema import Entity
from pages.design import html, text
from pages.file_control import FileControl

Save = Callable[[dict[str, Any]], Awaitable[None]]


class Form:
    """A dialog with one control per field; `save` gets the values that the user changed."""

    def __init__(self, entity: Entity, values: dict[str, Any] | None, choices: Choices, save: Save, title: str) -> None:
        self._before = values or {}
        self._new = values is None
        self._save = save
        self._inputs: dict[str, Any] = {}
        self._shown: dict[str, str] = {}
        with ui.dialog() as self._dialog, ui.card().classes('form'):
            with ui.element('div').classes('form-head'):
                html(f'<h2>{text(title)}</h2>')
            with ui.element('div').classes('form-body').on('keydown.ctrl.enter', self._submit):
                self._problem = html('', classes='notice form-problem').props('role=alert')
                self._problem.set_visibility(False)
                for field in entity.fields.values():
                    self._add(entity, field, choices)
            with ui.element('div').classes('form-foot'):
                html('<span class="faint">Ctrl Enter saves</span>')
                ui.element('div').classes('gap')
                ui.button('Cancel', on_click=self._dialog.close, color=None).props('unelevated').classes('plain')
                self._button = ui.button('Save', on_click=self._submit, color=None)
                self._button.props('unelevated').classes('primary')
        self._dialog.on('hide', self._dialog.delete)

    def open(self) -> None:
        """Show the dialog."""
        self._dialog.open()

    def _add(self, entity: Entity, field: Field, choices: Choices) -> None:
        if field.minted or field.fills_itself or field.derived:
            return
        value = self._before.get(field.name, field.default if self._new else None)
        control = FileControl(entity, field, value) if isinstance(field, File) else field.input(value, choices)
        control.props('outlined dense hide-bottom-space lazy-rules').props(f'data-field={field.name}')
        for name, said in (('hint', field.help), ('suffix', field.unit), ('placeholder', field.placeholder)):
            if said:
                control.props[name] = said
        if field.required:
            control.props['label'] = f'{field.title} *'
        if field.readonly or (not self._new and field.name in entity.key):
            control.props('readonly')
        if field.wide:
            control.classes('wide')
        self._inputs[field.name] = control
        self._shown[field.name] = _as_shown(control.value)

    async def _submit(self, _: events.GenericEventArguments | None = None) -> None:
        sending = [name for name, control in self._inputs.items() if getattr(control, 'sending', False)]
        self._show(dict.fromkeys(sending, 'is still on its way'))
        if sending:
            return
        self._button.props('loading')
        try:
            await self._save(self._changed())
        except Problem as problem:
            self._show(problem.errors, '' if problem.errors.keys() & self._inputs.keys() else problem.detail)
        else:
            self._dialog.close()
        finally:
            if not self._button.is_deleted:
                self._button.props(remove='loading')

    def _changed(self) -> dict[str, Any]:
        now = {name: control.value for name, control in self._inputs.items()}
        if self._new:
            return {name: value for name, value in now.items() if _as_shown(value)}
        return {name: value for name, value in now.items() if _as_shown(value) != self._shown[name]}

    def _show(self, errors: dict[str, str], problem: str = '') -> None:
        for name, control in self._inputs.items():
            control.error = errors.get(name)
        self._problem.set_content(text(problem))
        self._problem.set_visibility(bool(problem))


def _as_shown(value: Any) -> str:
    return '' if value is None or value == [] else str(value)
