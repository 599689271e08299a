"""DBBasic: every service in one process, each on its own port. This file is the sitemap."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import secrets
import sys
from argparse import Namespace
from pathlib import Path
from urllib.parse import quote

from app.auth import COOKIE, Auth, Claims, Policy
from app.cli import parse_arguments
from app.config import Config, WrongConfig, load
from app.crud import Catalog, build_api
from app.crud.demo import seed
from app.docs import with_docs
from app.events import Damaged, DuckDBLog, open_log
from app.events.api import EventsApi
from app.gate import Gate, Identify
from app.lock import FolderInUse, held
from app.logs import start_logging
from app.permissions import Principal
from app.portal import PortalApi
from app.server import PortRouter, PortTaken, bind, serve
from app.services import SERVICES, url
from app.watch import Watch

ROOT = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """The command `dbbasic`; returns the exit code."""
    options = parse_arguments(arguments, ROOT)
    try:
        with held(options.data):
            return _create_admin(options) if options.command == 'create-admin' else asyncio.run(_run(options))
    except (WrongConfig, Damaged, FolderInUse, PortTaken) as refusal:
        print(f'DBBasic cannot start.\n{refusal}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


async def _run(options: Namespace) -> int:
    start_logging(options.data)
    sockets = bind({row.port(options.base_port): row.title for row in SERVICES}, options.host)
    config = load(options.config)
    catalog = Catalog()
    log = await open_log(options.data, apply=[catalog.apply])
    auth = await asyncio.to_thread(_open_auth, options, config)
    try:
        await catalog.activate(config, log)
        gate, data_watch = await _build(options, catalog, log, auth)
        watching = asyncio.create_task(data_watch.run())
        await serve(gate, sockets, lambda: _announce(options, auth))
        watching.cancel()
    finally:
        await log.close()
        await asyncio.to_thread(auth.close)
    return 0


async def _build(options: Namespace, catalog: Catalog, log: DuckDBLog, auth: Auth) -> tuple[Gate, Watch]:
    os.environ.setdefault('NICEGUI_STORAGE_PATH', str(options.data / 'nicegui'))
    from pages.host import Host
    from pages.system import System

    identify = _identify(auth)
    data = build_api(catalog, log)
    watch = Watch(options.config, lambda config: catalog.activate(config, log))
    if (await log.head()).position == len(catalog.config.documents):
        await seed(data.records, options.config / 'demo.yaml')
    system = System(
        base_port=options.base_port,
        cookie=COOKIE,
        identify=identify,
        entities=lambda: catalog.entities,
        name=lambda: catalog.config.application.name,
        mistakes=lambda: watch.mistakes,
        log=log,
        views=data.views,
        records=data.records,
    )
    host = Host(system, ROOT / 'assets', _secret(options.data / 'secret'))
    apis = {
        'portal': PortalApi(log, options.base_port, data.views.counts, lambda: watch.mistakes).routes,
        'crud': data.routes,
        'events': EventsApi(log).routes,
        'auth': with_docs('Auth', auth.app),
    }
    login = url('auth', '/login', base_port=options.base_port)
    router = PortRouter(
        host.ports(apis, options.base_port), shell=host.shell, shared=host.shared, login=lambda here: f'{login}?next={quote(here, safe="")}'
    )
    gate = Gate(
        router,
        identify=identify,
        cookie=COOKIE,
        hosts={'localhost', options.host},
        origins=lambda: catalog.config.application.cors_origins,
    )
    gate.trust(_own_origins(options))
    loop = asyncio.get_running_loop()
    auth.on_ended(lambda session: loop.call_soon_threadsafe(gate.end_session, session))
    return gate, watch


def _open_auth(options: Namespace, config: Config) -> Auth:
    origins = _own_origins(options)
    return Auth.open(
        options.data,
        issuer=url('auth', '', base_port=options.base_port),
        home=url('portal', base_port=options.base_port),
        stylesheet='/assets/style.css',
        policy=Policy(registration='open' if config.application.registration.open else 'closed'),
        allowed_origin=lambda origin: origin in origins,
    )


def _own_origins(options: Namespace) -> set[str]:
    return {url(row.name, '', base_port=options.base_port) for row in SERVICES if row.name != 'site'}


def _identify(auth: Auth) -> Identify:
    def identify(authorization: str | None, session: str | None) -> Principal | None:
        claims = auth.verify(authorization, session)
        return _principal(claims) if claims else None

    return identify


def _principal(claims: Claims) -> Principal:
    return Principal(id=claims.user_id, name=claims.username, roles=frozenset(claims.roles), session=claims.session_id)


def _secret(path: Path) -> str:
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'w') as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()


def _announce(options: Namespace, auth: Auth) -> None:
    print('\nDBBasic is running\n')
    for row in SERVICES:
        print(f'  {row.title:<10} {url(row.name, base_port=options.base_port)}')
    if link := auth.first_admin_link():
        print(f'\nCreate the first admin here, within 30 minutes:\n\n  {link}')
    print('\nCtrl+C stops it.', flush=True)


def _create_admin(options: Namespace) -> int:
    password = os.environ.get('DBBASIC_PASSWORD') or getpass.getpass('Password: ')
    with contextlib.closing(Auth.open(options.data)) as auth:
        try:
            auth.create_admin(options.username, options.email, password)
        except ValueError as error:
            print(f'No admin was created: {error}', file=sys.stderr)
            return 1
    print(f'{options.username} is an admin now.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
