"""Endpoints of operations: backups and restoring."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.errors import Invalid
from app.events.backups import Backups
from app.events.rest.access import may_operate
from app.http import answer, read_json


class BackupEndpoints:
    """For admins only: a backup holds everything, password hashes too."""

    def __init__(self, backups: Backups) -> None:
        self._backups = backups

    async def list(self, request: Request) -> Response:
        """The backups there are, and the one being made."""
        may_operate(request, 'Seeing backups')
        rows = await asyncio.to_thread(self._backups.list)
        return answer({'backups': rows, 'current': self._backups.status()})

    async def make(self, request: Request) -> Response:
        """Begin a backup; `GET /backups` tells how far it is."""
        may_operate(request, 'Making a backup')
        name = self._backups.start()
        return answer({'name': name, **self._backups.status()}, 202, {'Location': f'/backups/{name}'})

    async def cancel(self, request: Request) -> Response:
        """Call off the one being made."""
        may_operate(request, 'Cancelling a backup')
        self._backups.cancel()
        return answer(self._backups.status(), 202)

    async def download(self, request: Request) -> Response:
        """The file."""
        may_operate(request, 'Downloading a backup')
        path = self._backups.path(request.path_params['name'])
        return FileResponse(path, media_type='application/zip', filename=path.name)

    async def delete(self, request: Request) -> Response:
        """Delete the file."""
        may_operate(request, 'Deleting a backup')
        await asyncio.to_thread(self._backups.path(request.path_params['name']).unlink)
        return Response(status_code=204)

    async def restore(self, request: Request) -> Response:
        """Put a backup in the place of everything that is there, and restart; the body repeats its name."""
        may_operate(request, 'Restoring a backup')
        name, body = request.path_params['name'], await read_json(request)
        if not isinstance(body, dict) or body.get('confirm') != name:
            raise Invalid(errors={'confirm': f'must be {name!r}, because what is there now will be put aside'})
        return answer({'restoring': name, 'manifest': await self._backups.restore(name)}, 202)
