"""REST and WebSocket on the events port: the log as it is, and what follows from it."""

from __future__ import annotations

from starlette.routing import BaseRoute, WebSocketRoute

from app.docs import docs_routes
from app.events.backups import Backups
from app.events.openapi import describe
from app.events.rest.aggregates import AggregateEndpoints
from app.events.rest.log import LogEndpoints
from app.events.rest.operations import BackupEndpoints
from app.events.rest.projections import ProjectionEndpoints
from app.events.rest.proof import ProofEndpoints
from app.events.rest.queries import QueryEndpoints
from app.events.store import EventStore
from app.http import Routes, route


class EventsApi:
    """Everything that the port answers, at a glance."""

    def __init__(self, store: EventStore, backups: Backups) -> None:
        documents = docs_routes('Events', describe)
        self.routes = Routes([*_log(store), *_followers(store), *_operations(store, backups), *documents])


def _log(store: EventStore) -> list[BaseRoute]:
    log = LogEndpoints(store.log, store.owner)
    return [
        route('GET', '/events', log.events),
        route('POST', '/events', log.append),
        route('POST', '/events/query', log.query),
        route('GET', '/streams', log.streams),
        route('GET', '/streams/{stream:path}', log.stream),
        route('GET', '/categories', log.categories),
        WebSocketRoute('/ws', log.follow),
    ]


def _followers(store: EventStore) -> list[BaseRoute]:
    aggregates, projections = AggregateEndpoints(store), ProjectionEndpoints(store)
    return [
        route('GET', '/aggregates/{stream:path}', aggregates.get),
        route('GET', '/snapshots', aggregates.snapshots),
        route('POST', '/snapshots', aggregates.take),
        route('DELETE', '/snapshots', aggregates.delete),
        route('GET', '/projections', projections.list),
        route('GET', '/projections/{name}', projections.rows),
        route('GET', '/projections/{name}/{key}', projections.rows),
        route('POST', '/projections/{name}/{action}', projections.control),
    ]


def _operations(store: EventStore, backups: Backups) -> list[BaseRoute]:
    proof, queries, backup = ProofEndpoints(store), QueryEndpoints(store), BackupEndpoints(backups)
    return [
        route('GET', '/health', proof.health),
        route('GET', '/verify', proof.verify),
        route('GET', '/stats', proof.stats),
        route('GET', '/export', queries.export),
        route('POST', '/sql', queries.run),
        route('GET', '/sql/tables', queries.tables),
        route('GET', '/backups', backup.list),
        route('POST', '/backups', backup.make),
        route('DELETE', '/backups', backup.cancel),
        route('GET', '/backups/{name}', backup.download),
        route('DELETE', '/backups/{name}', backup.delete),
        route('POST', '/backups/{name}/restore', backup.restore),
    ]
