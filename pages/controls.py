"""The controls of a form, one per field, laid out as the config says; dialogs and record pages are made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from nicegui import ui

from app.crud import Following
from app.fields import Choices, Field
from app.fields.file import File
from app.layout import Section, Tab
from app.schema import Entity
from pages.design import html, text
from pages.file_control import FileControl

SETTLE_SECONDS = 0.15
"""How long nobody must have typed before the conditions of fields are looked at again."""
Rules = Callable[[Mapping[str, Any], Callable[[], None]], Following]
"""`rules(typed, again)`: what was typed entails; `again` is called once something is known that it lacked."""
"""What the values that the user changed entail for the fields."""


class Controls:
    """Shows values, knows which of them the user changed, and follows what these entail."""

    def __init__(
        self,
        entity: Entity,
        values: Mapping[str, Any] | None,
        choices: Choices,
        *,
        preset: Mapping[str, Any] | None = None,
        rules: Rules | None = None,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self.base: dict[str, Any] = dict(values or {})
        """The values that the user's changes are based on."""
        self.following: Following | None = None
        self._new = values is None
        self._entity, self._choices, self._preset = entity, choices, preset or {}
        self._rules, self._settled = rules, settled
        self._controls: dict[str, Any] = {}
        self._shown: dict[str, str] = {}
        self._begun = False
        self._timer: asyncio.TimerHandle | None = None
        for number, tab in enumerate(entity.form):
            self._add_tab(tab, number)
        self._follow()

    @property
    def names(self) -> list[str]:
        """The fields in their order on the screen."""
        return list(self._controls)

    @property
    def sending(self) -> list[str]:
        """The fields whose files are on their way."""
        return [name for name, control in self._controls.items() if getattr(control, 'sending', False)]

    @property
    def errors(self) -> list[str]:
        """The fields that show a message."""
        return [name for name, control in self._controls.items() if control.error]

    def typed(self) -> dict[str, Any]:
        """The values that the user changed."""
        return {name: value for name, value in self._now().items() if _as_shown(value) != self._shown[name]}

    def changed(self) -> dict[str, Any]:
        """What is to be saved: the values that the user changed, or of a new record all there are."""
        return {name: value for name, value in self._now().items() if _as_shown(value)} if self._new else self.typed()

    def parsed(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        """What was typed, as it would be stored; what cannot be, as it was typed."""
        return {name: _parsed(self._entity.fields[name], value) for name, value in typed.items()}

    def show(self, errors: Mapping[str, str]) -> bool:
        """Put messages at their fields; whether all of them found theirs."""
        for name, control in self._controls.items():
            control.error = errors.get(name)
        return all(name in self._controls and self._controls[name].visible for name in errors)

    def follow_by(self, rules: Rules | None) -> None:
        """From now on, fields follow these rules."""
        self._rules = rules

    def rebase(self, values: Mapping[str, Any], keep: Collection[str]) -> list[str]:
        """Take other values for the base; controls show them but for those to keep. Returns which now show another."""
        moved = []
        for name, control in self._controls.items():
            value = self._entity.fields[name].edited(values.get(name))
            self.base[name], self._shown[name] = values.get(name), _as_shown(value)
            if name not in keep and _as_shown(control.value) != self._shown[name]:
                self._set(name, value)
                moved.append(name)
        return moved

    def type(self, values: Mapping[str, Any]) -> None:
        """Fill in what somebody once typed, as far as the fields are still there."""
        for name, value in values.items():
            if name in self._controls and not self._entity.fields[name].derived:
                self._set(name, value)

    async def find_labels(self) -> None:
        """Look up what references lead to, and show it in words."""
        for target, control in self._references():
            if control.value and control.options.get(control.value) == control.value:
                self._label(control, await self._choices(target, f'id:{control.value}'))

    def label(self, labels: Mapping[str, Mapping[str, str]]) -> None:
        """Show what references lead to in words that are known already: entity -> id -> label."""
        for target, control in self._references():
            self._label(control, labels.get(target, {}))

    def _references(self) -> Iterator[tuple[str, Any]]:
        for field in self._entity.references:
            if field.name in self._controls:
                yield getattr(field, 'references', ''), self._controls[field.name]

    @staticmethod
    def _label(control: Any, labels: Mapping[str, str]) -> None:
        if control.value in labels:
            control.set_options({**control.options, control.value: labels[control.value]})

    def _now(self) -> dict[str, Any]:
        return {name: one.value for name, one in self._controls.items() if not self._entity.fields[name].derived}

    def _add_tab(self, tab: Tab, number: int) -> None:
        with ui.element('div').classes('form-tab').props(f'data-tab={number}'):
            if tab.label:
                html(f'<h2>{text(tab.label)}</h2>', classes='form-tab-label')
            for section in tab.sections:
                if section.label:
                    html(f'<h2>{text(section.label)}</h2>', classes='form-section-label')
                self._add_section(section)

    def _add_section(self, section: Section) -> None:
        if section.fields:
            with ui.element('div').classes('form-section'):
                self._add_all(section.fields)
        if section.columns:
            with ui.element('div').classes(f'form-section of-{len(section.columns)}'):
                for names in section.columns:
                    with ui.element('div').classes('form-column'):
                        self._add_all(names)

    def _add_all(self, names: Collection[str]) -> None:
        for name in names:
            self._add(self._entity.fields[name])

    def _add(self, field: Field) -> None:
        default = field.default if self._new else None
        value = self._preset.get(field.name, self.base.get(field.name, default))
        control = (
            FileControl(self._entity, field, value) if isinstance(field, File) else field.input(value, self._choices)
        )
        with control.props.suspend_updates(), control.classes.suspend_updates():  # all at once costs half
            control.props.update(_props_of(field))
            if self._is_fixed(field):
                control.props['readonly'] = True
            elif self._new and not self._begun:
                control.props['autofocus'] = self._begun = True
            control.classes(f'field-{field.name}{" wide" if field.wide else ""}')
        if not field.derived:
            control.on_value_change(self._settle_soon)
        self._controls[field.name] = control
        self._shown[field.name] = _as_shown(control.value)

    def _is_fixed(self, field: Field) -> bool:
        in_key = not self._new and field.name in self._entity.key
        return field.readonly or field.derived or in_key or field.name in self._preset

    def _set(self, name: str, value: Any) -> None:
        control = self._controls[name]
        options = getattr(control, 'options', None)
        if options is not None and not isinstance(value, list) and value is not None and value not in options:
            if self._entity.fields[name].type_name != 'foreign_key':
                return
            control.set_options({**options, value: value}, value=value)
        else:
            control.set_value(value)

    def _settle_soon(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self.settle)

    def settle(self) -> None:
        """Let the fields follow what was typed."""
        if any(control.is_deleted for control in self._controls.values()):
            return
        self._follow()
        self._settled()

    def _follow(self) -> None:
        if not self._rules:
            return
        self.following = self._rules(self.changed(), self.settle)
        for name, value in self.following.computed.items():
            if name in self._controls:
                self._controls[name].set_value(self._entity.fields[name].edited(value))
        for name, condition in self.following.conditions.items():
            if name in self._controls:
                field, control = self._entity.fields[name], self._controls[name]
                control.set_visibility(condition.shown)
                control.props['label'] = f'{field.title} *' if condition.needed else field.title
                control.props['readonly'] = condition.fixed or self._is_fixed(field)


def _props_of(field: Field) -> dict[str, Any]:
    props: dict[str, Any] = {'outlined': True, 'dense': True, 'hide-bottom-space': True, 'lazy-rules': True}
    said = {'hint': field.help, 'suffix': field.unit, 'placeholder': field.placeholder}
    props |= {name: words for name, words in said.items() if words}
    props['label'] = f'{field.title} *' if field.required else field.title
    return props | {'data-field': field.name}


def _parsed(field: Field, value: Any) -> Any:
    try:
        return None if value in (None, '', []) else field.parse(value)
    except ValueError:
        return value


def _as_shown(value: Any) -> str:
    return '' if value is None or value == [] else str(value)
