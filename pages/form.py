"""The dialog with the form of one record: errors at the fields, nothing lost when saving fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import events, ui

from app.errors import Problem
from app.fields import Choices
from app.schema import Entity
from pages.controls import Controls, Rules
from pages.design import html, text

Save = Callable[[dict[str, Any]], Awaitable[None]]


class Form:
    """`save` gets the values that the user changed; `preset` are those of a new record that stay as they are."""

    def __init__(
        self,
        entity: Entity,
        values: dict[str, Any] | None,
        choices: Choices,
        save: Save,
        title: str,
        *,
        preset: Mapping[str, Any] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._save = save
        with ui.dialog() as self._dialog, ui.card().classes('form'):
            self._dialog.props['aria-label'] = title
            with ui.element('div').classes('form-head'):
                html(f'<h2>{text(title)}</h2>')
            with ui.element('div').classes('form-body').on('keydown.ctrl.enter', self._submit):
                self._problem = html('', classes='notice form-problem').props('role=alert')
                self._problem.set_visibility(False)
                self._controls = Controls(entity, values, choices, preset=preset, rules=rules)
            with ui.element('div').classes('form-foot'):
                html('<span class="faint">Ctrl Enter saves</span>')
                ui.element('div').classes('gap')
                ui.button('Cancel', on_click=self._dialog.close, color=None).props('unelevated').classes('plain')
                self._button = ui.button('Save', on_click=self._submit, color=None)
                self._button.props('unelevated').classes('primary')
            ui.timer(0, self._controls.find_labels, once=True)
        self._dialog.on('hide', self._dialog.delete)

    def open(self) -> None:
        """Show the dialog."""
        self._dialog.open()

    async def _submit(self, _: events.GenericEventArguments | None = None) -> None:
        if sending := self._controls.sending:
            self._controls.show(dict.fromkeys(sending, 'is still on its way'))
            return
        self._button.props('loading')
        try:
            await self._save(self._controls.changed())
        except Problem as problem:
            self._refuse(problem)
        else:
            self._dialog.close()
        finally:
            if not self._button.is_deleted:
                self._button.props(remove='loading')

    def _refuse(self, problem: Problem) -> None:
        all_shown = self._controls.show(problem.errors)
        hidden = not all_shown or not problem.errors
        self._problem.set_content(text(problem.detail if hidden else ''))
        self._problem.set_visibility(hidden)
