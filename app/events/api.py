"""REST and WebSocket on the events port: the log as it is, and what follows from it."""

from __future__ import annotations

from starlette.routing import WebSocketRoute

from app.docs import docs_routes
from app.events.openapi import describe
from app.events.rest.aggregates import AggregateEndpoints
from app.events.rest.log import LogEndpoints
from app.events.rest.projections import ProjectionEndpoints
from app.events.rest.proof import ProofEndpoints
from app.events.store import EventStore
from app.http import Routes, route


class EventsApi:
    """Everything that the port answers, at a glance."""

    def __init__(self, store: EventStore) -> None:
        log, aggregates = LogEndpoints(store.log, store.owner), AggregateEndpoints(store)
        projections, proof = ProjectionEndpoints(store), ProofEndpoints(store)
        self.routes = Routes(
            [
                route('GET', '/health', proof.health),
                route('GET', '/events', log.events),
                route('POST', '/events', log.append),
                route('POST', '/events/query', log.query),
                route('GET', '/streams', log.streams),
                route('GET', '/streams/{stream:path}', log.stream),
                route('GET', '/categories', log.categories),
                WebSocketRoute('/ws', log.follow),
                route('GET', '/aggregates/{stream:path}', aggregates.get),
                route('GET', '/snapshots', aggregates.snapshots),
                route('POST', '/snapshots', aggregates.take),
                route('DELETE', '/snapshots', aggregates.delete),
                route('GET', '/projections', projections.list),
                route('GET', '/projections/{name}', projections.rows),
                route('GET', '/projections/{name}/{key}', projections.rows),
                route('POST', '/projections/{name}/{action}', projections.control),
                route('GET', '/verify', proof.verify),
                route('GET', '/stats', proof.stats),
                *docs_routes('Events', describe),
            ]
        )
