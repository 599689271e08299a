"""The service alone: `python -m app.auth --port 8010 --data DIR`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.auth.auth import Auth
from app.auth.database import Unreadable
from app.auth.policy import Policy

ASSETS = Path(__file__).parents[2] / 'assets'


def main() -> int:
    """Serve until interrupted."""
    options = _options()
    issuer = f'http://localhost:{options.port}'
    policy = Policy(registration='open' if options.open_registration else 'closed')
    home = f'{options.origin[0]}/' if options.origin else f'{issuer}/logout'
    try:
        auth = Auth.open(
            options.data, issuer=issuer, home=home, policy=policy, allowed_origin=frozenset(options.origin).__contains__
        )
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 1
    _add_docs(auth.app)
    # By default SIGTERM would end the process before the database is closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        print(f'Auth: {issuer}/login', flush=True)
        if link := auth.first_admin_link():
            print(f'Create the first admin here, within 30 minutes:\n{link}', flush=True)
        uvicorn.run(
            auth.app, host='127.0.0.1', port=options.port, log_level='warning', access_log=False, proxy_headers=False
        )
    finally:
        auth.close()
    return 0


def _add_docs(app: FastAPI) -> None:
    app.mount('/assets', StaticFiles(directory=ASSETS, check_dir=False))

    @app.get('/docs', include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url='/openapi.json',
            title='DBBasic Auth',
            swagger_js_url='/assets/swagger/swagger-ui-bundle.js',
            swagger_css_url='/assets/swagger/swagger-ui.css',
            swagger_favicon_url='/assets/logo.svg',
        )
        page.headers['Content-Security-Policy'] = "default-src 'self' 'unsafe-inline'; img-src 'self' data:"
        return page


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='python -m app.auth', description='The auth service of DBBasic, alone.')
    parser.add_argument('--port', type=int, default=8010)
    parser.add_argument('--data', type=Path, default=Path('data'), help='the folder of the database and the keys')
    parser.add_argument('--open-registration', action='store_true', help='let anyone make an account')
    parser.add_argument(
        '--origin',
        action='append',
        default=[],
        metavar='URL',
        help='a service that relies on this one, such as http://localhost:8000; the first is where a login leads',
    )
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
