"""The service alone: `python -m app.auth --port 8010 --data DIR`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import uvicorn

from app.auth.auth import Auth
from app.auth.database import Unreadable
from app.auth.policy import Policy


def main() -> int:
    """Serve until interrupted."""
    options = _options()
    issuer = f'http://localhost:{options.port}'
    policy = Policy(registration='open' if options.open_registration else 'closed')
    try:
        auth = Auth.open(options.data, issuer=issuer, home=f'{issuer}/logout', stylesheet='', policy=policy)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 1
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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='python -m app.auth', description='The auth service of DBBasic, alone.')
    parser.add_argument('--port', type=int, default=8010)
    parser.add_argument('--data', type=Path, default=Path('data'), help='the folder of the database and the keys')
    parser.add_argument('--open-registration', action='store_true', help='let anyone make an account')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
