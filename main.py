"""DBBasic: every service in one process, each on its own port. This file is the sitemap."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from app.auth import COOKIE, Auth, Claims, Policy, RemoteAuth, Unreachable, Unreadable
from app.cli import announcement, ask_password, parse_arguments
from app.config import Config, Mistake, WrongConfig, load, wrong_projections
from app.crud import Catalog, DataApi, differences, seed
from app.docs import with_docs
from app.errors import Problem, Unavailable
from app.events import Damaged, DuckDBLog, open_log
from app.events.api import EventsApi
from app.events.appending import RESERVED
from app.events.backup import Contents, Part, check_events, events_part, make_backup
from app.events.backups import Backups
from app.events.commands import Refused, back_up, restore
from app.events.copying import NotWhole
from app.events.restore import finish_restore
from app.events.store import EventStore
from app.gate import Gate, Identify
from app.lock import FolderInUse, held
from app.logs import start_logging
from app.permissions import Principal
from app.portal import PortalApi
from app.secret import secret
from app.server import PortRouter, PortTaken, Restart, bind, run, serve
from app.services import SERVICES, own_origins, url
from app.watch import Watch

if TYPE_CHECKING:
    from pages.host import Host

ROOT = Path(__file__).parent
AnyAuth = Auth | RemoteAuth


def main(arguments: list[str] | None = None) -> int:
    """The command `dbbasic`; returns the exit code."""
    options = parse_arguments(arguments, ROOT)
    try:
        match options.command:
            case 'create-admin':
                _create_admin(options)
            case 'backup':
                print(back_up(options, lambda target: asyncio.run(_back_up_stopped(options, target))))
            case 'restore':
                print(restore(options, {'events.duckdb': check_events, 'auth.duckdb': _check_accounts}))
            case _:
                _run_until_done(options)
        return 0
    except (WrongConfig, Damaged, FolderInUse, PortTaken, Problem, Unreadable, NotWhole, Refused) as refusal:
        print(f'{"DBBasic cannot start." if options.command == "run" else "Not done."}\n{refusal}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run_until_done(options: Namespace) -> None:
    restart = Restart()
    with held(options.data):
        if before := finish_restore(options.data, options.config):
            print(f'A backup was restored; what was there before is in {before}.')
        run(_run(options, restart))
    restart.finish()


async def _run(options: Namespace, restart: Restart) -> None:
    start_logging(options.data)
    served = [row for row in SERVICES if row.name != 'auth' or not options.auth_apart]
    sockets = bind({row.port(options.base_port): row.title for row in served}, options.host)
    config = load(options.config)
    catalog = Catalog()
    async with contextlib.AsyncExitStack() as opened:
        log = await open_log(options.data, [catalog.apply], [catalog.recover])
        opened.push_async_callback(log.close)
        auth = await _open_auth(options, catalog, opened)
        data = await _open_data(options, config, auth, catalog, log)
        await opened.enter_async_context(data.imports)
        store = _open_store(log, catalog)
        opened.push_async_callback(store.close)
        watch = Watch(options.config, lambda changed: _activate(changed, catalog, store))
        watch.mistakes = wrong_projections(config, await store.start(config.projections))
        backups = Backups(options.data, _contents(options, log, auth), restart)
        opened.push_async_callback(backups.close)
        gate = _wire(options, store, backups, auth, data, watch)
        opened.callback(asyncio.create_task(watch.run()).cancel)
        if isinstance(auth, RemoteAuth):
            opened.callback(asyncio.create_task(auth.watch(gate.open_sessions)).cancel)
        words = announcement(served, options.base_port, auth.first_admin_link())
        await serve(gate, sockets, partial(print, words, flush=True))


async def _open_data(options: Namespace, config: Config, auth: AnyAuth, catalog: Catalog, log: DuckDBLog) -> DataApi:
    is_new = (await log.head()).position == 0
    await catalog.activate(config, log)
    data = DataApi(catalog, log, lambda login: _principal(auth.find(login)), options.config)
    if is_new:
        await seed(data.records, options.config / 'demo.yaml')
    return data


def _open_store(log: DuckDBLog, catalog: Catalog) -> EventStore:
    """The event store, which knows of the other services only what they hand over here."""
    return EventStore(
        log,
        owner=lambda category: RESERVED.get(category, '') or catalog.owner(category),
        tables=catalog.sql_tables,
        differences=partial(differences, catalog, log),
        snapshots_every=lambda: catalog.config.application.snapshots.every,
    )


async def _activate(config: Config, catalog: Catalog, store: EventStore) -> list[Mistake]:
    await catalog.activate(config, store.log)
    return wrong_projections(config, await store.projections.activate(config.projections))


def _contents(options: Namespace, log: DuckDBLog, auth: AnyAuth) -> Contents:
    """What a backup holds."""
    parts = {'events.duckdb': events_part(log.database)}
    if isinstance(auth, Auth):
        parts['auth.duckdb'] = Part(lambda path, _: dict(auth.copy_to(path)), _check_accounts)
    return Contents(parts, {'config': options.config, 'files': options.data / 'files'})


def _check_accounts(path: Path) -> dict[str, Any]:
    try:
        return dict(Auth.check_copy(path))
    except Unreadable as error:
        raise NotWhole(str(error)) from error


def _wire(options: Namespace, store: EventStore, backups: Backups, auth: AnyAuth, data: DataApi, watch: Watch) -> Gate:
    """Every service behind the one gate, each on its port, REST before pages."""
    apis: dict[str, ASGIApp] = {
        'portal': PortalApi(store.log, options.base_port, data.views.counts, lambda: watch.mistakes).routes,
        'crud': data.routes,
        'events': EventsApi(store, backups).routes,
    } | ({'auth': with_docs('Auth', auth.app)} if isinstance(auth, Auth) else {})
    identify = partial(_identify, auth)
    host = _open_pages(options, store.log, data, identify)
    router = PortRouter(
        host.ports(apis, options.base_port),
        shell=host.shell,
        shared=host.shared,
        login=url('auth', '/login', base_port=options.base_port),
    )
    gate = Gate(
        router,
        identify=identify,
        cookie=COOKIE,
        hosts={'localhost', options.host},
        own=own_origins(options.base_port),
        origins=lambda: data.catalog.config.application.cors_origins,
    )
    auth.on_ended(gate.end_session)
    return gate


def _open_pages(options: Namespace, log: DuckDBLog, data: DataApi, identify: Identify) -> Host:
    os.environ.setdefault('NICEGUI_STORAGE_PATH', str(options.data / 'nicegui'))
    from pages.host import Host
    from pages.system import System

    system = System(
        base_port=options.base_port,
        cookie=COOKIE,
        identify=identify,
        entities=lambda: data.catalog.entities,
        name=lambda: data.catalog.config.application.name,
        log=log,
        views=data.views,
        records=data.records,
    )
    return Host(system, ROOT / 'assets', secret(options.data / 'secret'))


async def _open_auth(options: Namespace, catalog: Catalog, opened: contextlib.AsyncExitStack) -> AnyAuth:
    if options.auth_apart:
        return await opened.enter_async_context(RemoteAuth(url('auth', '', base_port=options.base_port)))
    return opened.enter_context(contextlib.closing(await asyncio.to_thread(_open_own_auth, options, catalog)))


def _open_own_auth(options: Namespace, catalog: Catalog) -> Auth:
    return Auth.open(
        options.data,
        issuer=url('auth', '', base_port=options.base_port),
        home=url('portal', base_port=options.base_port),
        stylesheet='/assets/style.css',
        policy=Policy(
            registration_open=lambda: catalog.config.application.registration.open,
            roles=catalog.roles,
            browser_times=lambda: catalog.config.application.sessions.seconds,
        ),
        allowed_origin=own_origins(options.base_port).__contains__,
    )


async def _identify(auth: AnyAuth, authorization: str | None, session: str | None) -> Principal | None:
    if isinstance(auth, Auth):
        return _principal(auth.verify(authorization, session))
    try:
        return _principal(await auth.verify(authorization, session))
    except Unreachable as error:
        raise Unavailable(str(error)) from error


def _principal(claims: Claims | None) -> Principal | None:
    if claims is None:
        return None
    return Principal(
        id=claims.user_id,
        name=claims.username,
        roles=frozenset(claims.roles),
        session=claims.session_id,
        scopes=frozenset(claims.scopes) if claims.scopes is not None else None,
    )


async def _back_up_stopped(options: Namespace, target: Path) -> dict[str, Any]:
    async with contextlib.AsyncExitStack() as opened:
        log = await open_log(options.data, recover=[Catalog().recover])
        opened.push_async_callback(log.close)
        auth = opened.enter_context(contextlib.closing(Auth.open(options.data)))
        return make_backup(_contents(options, log, auth), target)


def _create_admin(options: Namespace) -> None:
    password = ask_password()
    with held(options.data), contextlib.closing(Auth.open(options.data)) as auth:
        try:
            auth.create_admin(options.username, options.email, password)
        except ValueError as error:
            raise Refused(f'No admin was created: {error}') from error
    print(f'{options.username} is an admin now.')


if __name__ == '__main__':
    sys.exit(main())
