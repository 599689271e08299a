"""REST for many changes at once, for taking them back, and for the life of a record."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import codec
from app.crud.author import Author
from app.crud.history import ALL, History
from app.crud.operations import ACTIONS, Operation, perform
from app.crud.parameters import only_known, only_once, whole_number
from app.crud.records import Records
from app.crud.requests import author_of, if_match, version_in
from app.crud.undoing import Undo
from app.errors import Malformed
from app.http import answer, logged_in, principal_of, read_body, route

LIMIT = 50_000_000
VERBS = ('create', 'update', 'delete', 'upsert')


class BulkApi:
    """Everything here ends in one append or in none."""

    def __init__(self, records: Records, undo: Undo, life: History) -> None:
        self._records = records
        self._undo = undo
        self._history = life
        self.routes: list[Route] = [
            route('POST', '/api/transaction', self.transaction),
            route('POST', '/api/undo', self.undo),
            route('POST', '/api/{entity}/batch', self.batch),
            route('GET', '/api/{entity}/{id}/history', self.history),
            route('POST', '/api/{entity}/{id}/revert', self.revert),
        ]

    async def transaction(self, request: Request) -> Response:
        """Operations on several entities: `[{"create": "orders", "values": {…}}, {"delete": "lines", "id": "1~1"}]`."""
        logged_in(request)
        body, author = await self._read(request, {'operations', 'dry_run'})
        operations = [_operation(one, place) for place, one in enumerate(_list(body, 'operations'))]
        return answer(await perform(self._records, operations, author, dry_run=_flag(body, 'dry_run')))

    async def batch(self, request: Request) -> Response:
        """Many records of one entity: `create`, `update`, `upsert` and `delete`, by id or by filter."""
        entity = self._records.catalog.table(request.path_params['entity']).entity.resource
        body, author = await self._read(request, {*VERBS, 'by', 'dry_run'})
        operations = [one async for one in self._operations(entity, body, request)]
        return answer(await perform(self._records, operations, author, dry_run=_flag(body, 'dry_run')))

    async def undo(self, request: Request) -> Response:
        """Take back one event by its position, or a batch; what an undo did is a batch too, so that redo is an undo."""
        logged_in(request)  # before anything is looked for, so that strangers do not learn which batches there are
        body, author = await self._read(request, {'position', 'batch', 'force', 'dry_run'})
        what = body.get('position', body.get('batch'))
        if ('position' in body) == ('batch' in body) or isinstance(what, bool) or not isinstance(what, (int, str)):
            raise Malformed('Name one of: {"position": 17} or {"batch": "…"}.')
        if isinstance(what, str) != ('batch' in body):
            raise Malformed('position: must be a number; batch: must be a text.')
        force, dry_run = _flag(body, 'force'), _flag(body, 'dry_run')
        return answer(await self._undo.undo(what, author, force=force, dry_run=dry_run))

    async def history(self, request: Request) -> Response:
        """The versions with what changed, and who is to blame for each value; `from` and `to` compare two."""
        entity, record_id = request.path_params['entity'], request.path_params['id']
        asked = request.query_params
        only_once(name for name, _ in asked.multi_items())
        if 'from' in asked or 'to' in asked:
            only_known(asked, ('from', 'to'))
            texts = [asked.get('from', ''), asked.get('to', '')]
            if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts):
                raise Malformed('from and to: must both be versions, such as from=1&to=3.')
            earlier, later = map(int, texts)
            return answer(await self._history.compare(entity, record_id, principal_of(request), earlier, later))
        only_known(asked, ('limit', 'before', 'from', 'to'))
        wanted = {name: whole_number(name, text, ALL) for name, text in asked.items()}
        return answer(await self._history.history(entity, record_id, principal_of(request), **wanted))

    async def revert(self, request: Request) -> Response:
        """Back to an earlier version, all fields or some: `{"version": 3, "fields": ["name"]}`."""
        entity, record_id = request.path_params['entity'], request.path_params['id']
        body, author = await self._read(request, {'version', 'fields'})
        version, fields = body.get('version'), body.get('fields')
        if not isinstance(version, int) or isinstance(version, bool):
            raise Malformed('version: must be the number of a version.')
        if fields is not None and not (isinstance(fields, list) and all(isinstance(name, str) for name in fields)):
            raise Malformed('fields: must be a list of names.')
        record = await self._history.revert(entity, record_id, version, fields, author, if_match(request))
        hidden = self._records.catalog.table(entity).entity.hidden_from(principal_of(request))
        return answer(
            record.without(hidden).as_json(), headers={'ETag': f'"{record.version}"', **author.receipt.headers()}
        )

    async def _read(self, request: Request, known: set[str]) -> tuple[dict[str, Any], Author]:
        sent = await read_body(request, LIMIT)
        body = codec.decode(sent)
        if not isinstance(body, dict):
            raise Malformed(f'The body must be an object with {", ".join(sorted(known))}.')
        if unknown := set(body) - known:
            raise Malformed(f'There is no {sorted(unknown)[0]!r}; known are {", ".join(sorted(known))}.')
        return body, author_of(request, sent)

    async def _operations(self, entity: str, body: dict[str, Any], request: Request) -> Any:
        by = body.get('by', '')
        if not isinstance(by, str):
            raise Malformed('by: must be the name of a unique field.')
        for verb in VERBS:
            wanted = body.get(verb, [])
            if isinstance(wanted, dict) and verb in {'update', 'delete'}:
                ids, values = await self._meant(entity, wanted, verb, request)
                for record_id in ids:
                    yield Operation(verb, entity, record_id, values)
                continue
            for one in _list(body, verb):
                yield _of_batch(verb, entity, one, by)

    async def _meant(
        self, entity: str, wanted: dict[str, Any], verb: str, request: Request
    ) -> tuple[list[str], dict[str, Any]]:
        """The ids behind `{"filter": "…"}` or `{"ids": […]}`, and the values to `set`."""
        known = {'filter', 'ids'} | ({'set'} if verb == 'update' else set())
        if set(wanted) - known or ('filter' in wanted) == ('ids' in wanted):
            raise Malformed(f'{verb}: needs filter or ids{", and set" if verb == "update" else ""}, and nothing else.')
        values = wanted.get('set', {})
        if not isinstance(values, dict):
            raise Malformed('set: must be an object of fields and values.')
        if 'ids' in wanted:
            return [str(one) for one in _list(wanted, 'ids')], values
        if not isinstance(wanted['filter'], str):
            raise Malformed('filter: must be a text.')
        return await self._records.views.ids(entity, wanted['filter'], principal_of(request)), values


def _operation(one: Any, place: int) -> Operation:
    verbs = [verb for verb in ACTIONS if isinstance(one, dict) and verb in one]
    extra = set(one) - {*verbs, 'id', 'values', 'version', 'by'} if isinstance(one, dict) else {'?'}
    if len(verbs) != 1 or extra or not isinstance(one[verbs[0]], str):
        raise Malformed(f'operations[{place}]: needs one of {", ".join(ACTIONS)} with the name of an entity.')
    values, version = one.get('values', {}), one.get('version')
    if not isinstance(values, dict) or not (version is None or (isinstance(version, int) and version > 0)):
        raise Malformed(f'operations[{place}]: values must be an object, version a number.')
    return Operation(verbs[0], one[verbs[0]], str(one.get('id', '')), values, version, str(one.get('by', '')))


def _of_batch(verb: str, entity: str, one: Any, by: str) -> Operation:
    if verb == 'delete':
        return Operation(verb, entity, str(one))
    if not isinstance(one, dict):
        raise Malformed(f'{verb}: must be a list of objects.')
    number = version_in(one)
    values = {name: value for name, value in one.items() if name != '_version'}
    if verb == 'update' and 'id' not in one:
        raise Malformed('update: each object needs its id.')
    return Operation(verb, entity, str(one.get('id', '')), values, number, by if verb == 'upsert' else '')


def _list(body: dict[str, Any], name: str) -> list[Any]:
    content = body.get(name, [])
    if not isinstance(content, list):
        raise Malformed(f'{name}: must be a list.')
    return content


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Malformed(f'{name}: must be true or false.')
    return value
