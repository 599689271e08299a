"""The events port's pages: the log as it arrives, and the history of one record."""

from __future__ import annotations

from typing import Any

from nicegui import APIRouter

from app import codec
from app.events import Event, rfc3339
from pages.design import button, empty, html, pill, text
from pages.frame import crumb, frame, module
from pages.system import System

LOG_TABLE = """<table class="table" data-log><thead><tr><th>Position</th><th>Time</th><th>Type</th><th>Stream</th>
<th>What</th><th>By</th></tr></thead><tbody></tbody></table>"""
KINDS = {'created': 'good', 'restored': 'good', 'changed': 'brand-soft', 'deleted': 'bad'}


def register(router: APIRouter, system: System) -> None:
    """The live log, and a page per stream."""

    @router.page('/')
    @router.page('/events')
    async def log() -> None:
        with frame(system, 'Events', service='events') as visitor:
            html(
                f'<h1>Events</h1><span class="muted">Everything that ever happened, newest first</span>'
                f'<div class="gap"></div>{button("Pause", attributes="data-pause aria-pressed=false")}',
                classes='headline',
            )
            if not visitor.reads_log:
                html(empty('lock', 'Not allowed', 'Reading the log needs the role admin or auditor.'), classes='panel')
                return
            module('events')
            html(f'<div class="scroll">{LOG_TABLE}</div>', classes='panel')
            html(button('Older events', attributes='data-more hidden'))

    @router.page('/streams/{stream:path}')
    async def history(stream: str) -> None:
        crumbs = crumb(system, ('Events', '/'), (stream, ''))
        with frame(system, stream, service='events', crumbs=crumbs) as visitor:
            html(f'<h1>{text(stream)}</h1>', classes='headline')
            if not visitor.reads_log:
                html(empty('lock', 'Not allowed', 'Reading the log needs the role admin or auditor.'), classes='panel')
                return
            events = await system.log.read_stream(stream)
            if not events:
                html(empty('history', 'No events', f'Nothing was ever recorded for {stream}.'), classes='panel')
            for event, before in reversed(list(zip(events, _states(events), strict=True))):
                html(_event(event, before), classes='panel')


def _states(events: list[Event]) -> list[dict[str, Any]]:
    """The values just before each event."""
    states, values = [], dict[str, Any]()
    for event in events:
        states.append(dict(values))
        values |= _after(event)
    return states


def _after(event: Event) -> dict[str, Any]:
    data = codec.parse(event.data)
    if event.type == 'changed':
        return {name: change['to'] if _is_change(change) else change for name, change in data.items()}
    return dict(data)


def _is_change(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {'from', 'to'}


def _event(event: Event, before: dict[str, Any]) -> str:
    after = _after(event)
    names = before if event.type == 'deleted' else after
    rows = ''.join(_row(name, before.get(name), after.get(name)) for name in names)
    meta = codec.parse(event.meta)
    actor = meta.get('name') or meta.get('actor', '')
    return f"""<header>{pill(event.type, KINDS.get(event.type, ''))}<strong>Version {event.version}</strong>
    <span class="muted">{text(rfc3339(event.recorded_at))} by {text(actor)}</span><span class="gap"></span>
    <span class="faint mono">#{event.position}</span></header>
    <div class="scroll"><table class="table"><thead><tr><th>Field</th><th>Before</th><th>After</th></tr></thead>
    <tbody>{rows}</tbody></table></div>"""


def _row(name: str, before: Any, after: Any) -> str:
    same = before == after
    old = '' if before is None else (_shown(before) if same else f'<del>{_shown(before)}</del>')
    new = '' if after is None else (_shown(after) if same else f'<ins>{_shown(after)}</ins>')
    return f'<tr><td>{text(name)}</td><td>{old}</td><td>{new}</td></tr>'


def _shown(value: Any) -> str:
    words = value if isinstance(value, str) else codec.encode(value).decode()
    return text(words if len(words) <= 2000 else f'{words[:2000]}…')
