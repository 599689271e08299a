"""The history of one stream: each event as before and after, and links to what happened together with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nicegui import APIRouter

from app import codec
from app.events import Event, rfc3339
from app.events.aggregate import new_values
from pages.design import empty, html, pill, text
from pages.events.tab import tab
from pages.frame import crumb
from pages.system import System

ORIGIN = ('source', 'batch', 'correlation', 'request')
SHOWN = 200
KINDS = {'created': 'good', 'restored': 'good', 'changed': 'brand-soft', 'deleted': 'bad'}


def register(router: APIRouter, system: System) -> None:
    """A page per stream."""

    @router.page('/streams/{stream:path}')
    async def history(stream: str, upto: int = 0) -> None:
        crumbs = crumb(system, ('Events', '/'), ('Streams', '/streams'), (stream, ''))
        with tab(system, '/streams', stream, '', crumbs=crumbs, actions=_links(system, stream)) as visitor:
            if not visitor:
                return
            events = await system.log.read_stream(stream)
            if not events:
                html(empty('history', 'No events', f'Nothing was ever recorded for {stream}.'), classes='panel')
            newest = min(upto or len(events), len(events))
            states = _states(events)
            for number in range(newest - 1, max(-1, newest - 1 - SHOWN), -1):
                html(_event(events[number], states[number]), classes='panel').props(f'id=v{events[number].version}')
            if newest > SHOWN:
                html(f'<a class="button" href="?upto={newest - SHOWN}">Older events</a>')


def _links(system: System, stream: str) -> str:
    entity = stream.partition('/')[0]
    state = f'<a class="button" href="/aggregates/{text(quote(stream))}">State as JSON</a>'
    if entity not in system.entities():
        return state
    return f'<a class="button" href="{text(system.url("crud", f"/{entity}"))}">Open {text(entity)}</a>{state}'


def _states(events: list[Event]) -> list[dict[str, Any]]:
    """The values just before each event."""
    states, values = [], dict[str, Any]()
    for event in events:
        states.append(dict(values))
        values |= _after(event)
    return states


def _after(event: Event) -> dict[str, Any]:
    return new_values(event.type, codec.parse(event.data))


def _event(event: Event, before: dict[str, Any]) -> str:
    after = _after(event)
    names = before if event.type == 'deleted' else after
    rows = ''.join(_row(name, before.get(name), after.get(name)) for name in names)
    meta = codec.parse(event.meta)
    actor = meta.get('name') or meta.get('actor', '')
    origin = ' · '.join(_origin(name, meta[name]) for name in ORIGIN if meta.get(name))
    return f"""<header>{pill(event.type, KINDS.get(event.type, ''))}<strong>Version {event.version}</strong>
    <span class="muted">{text(rfc3339(event.recorded_at))} by {_link('actor', meta.get('actor', ''), actor)}</span>
    <span class="gap"></span><span class="faint">{origin}</span>
    <span class="faint mono">#{event.position}</span></header>
    <div class="scroll"><table class="table"><thead><tr><th>Field</th><th>Before</th><th>After</th></tr></thead>
    <tbody>{rows}</tbody></table></div>"""


def _origin(name: str, value: object) -> str:
    return f'{name} {_link(name, value, str(value)[:12])}'


def _link(name: str, value: object, label: str) -> str:
    """To everything that has the same in its meta."""
    return f'<a href="/?{name}={text(quote(str(value)))}">{text(label)}</a>'


def _row(name: str, before: Any, after: Any) -> str:
    same = before == after
    old = '' if before is None else (_shown(before) if same else f'<del>{_shown(before)}</del>')
    new = '' if after is None else (_shown(after) if same else f'<ins>{_shown(after)}</ins>')
    return f'<tr><td>{text(name)}</td><td>{old}</td><td>{new}</td></tr>'


def _shown(value: Any) -> str:
    words = value if isinstance(value, str) else codec.encode(value).decode()
    return text(words if len(words) <= 2000 else f'{words[:2000]}…')
