"""REST for admins: users, their sessions and keys, the audit log, the keys that sign tokens."""

from __future__ import annotations

from fastapi import Query, Request
from fastapi.responses import Response

from app.auth.admin_shapes import (
    AuditPage,
    KeyList,
    KeyShown,
    KeysRotated,
    NewUser,
    ResetLink,
    SecurityEventShown,
    SessionList,
    SessionShown,
    UserChange,
    UserPage,
)
from app.auth.endpoints import Endpoints, answer
from app.auth.parts import Parts
from app.auth.problems import NotFound
from app.auth.reading import read_json
from app.auth.registration import check, check_names
from app.auth.shapes import Done, UserShown, moment
from app.auth.users import User

LAST = 2**62


class AdminApi(Endpoints):
    """Everything here needs the role admin, and a login rather than an API key."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.add('GET /api/users', self.users, UserPage)
        self.add('POST /api/users', self.create, UserShown, NewUser, status=201)
        self.add('GET /api/users/{id}', self.user, UserShown)
        self.add('PATCH /api/users/{id}', self.change, UserShown, UserChange)
        self.add('DELETE /api/users/{id}', self.delete, Done)
        self.add('POST /api/users/{id}/reset-link', self.hand_out_reset, ResetLink, status=201)
        self.add('GET /api/users/{id}/sessions', self.sessions, SessionList)
        self.add('DELETE /api/users/{id}/sessions', self.end_sessions, Done)
        self.add('GET /api/users/{id}/keys', self.keys, KeyList)
        self.add('GET /api/audit', self.audit, AuditPage)
        self.add('POST /api/signing-keys', self.rotate, KeysRotated, status=201)

    async def users(
        self, request: Request, search: str = '', limit: int = Query(50, ge=1, le=500), offset: int = Query(0, ge=0)
    ) -> Response:
        """Users by name; `search` looks into names, addresses and roles."""
        self.admin(request)
        everybody = self.parts.users.all()
        words = search.lower().split()
        found = [user for user in everybody if all(_mentions(user, word) for word in words)]
        roles = {
            'admin',
            'auditor',
            'user',
            *self.parts.policy.roles(),
            *(role for user in everybody for role in user.roles),
        }
        page = [UserShown.of(user) for user in found[offset : offset + limit]]
        return answer(UserPage(users=page, total=len(found), roles=sorted(roles)))

    async def create(self, request: Request) -> Response:
        """Make an account for somebody."""
        _, caller = self.admin(request)
        wanted = await read_json(request, NewUser)
        candidate = check(wanted.username, wanted.email, wanted.password)
        user = await self.parts.slow.run(lambda: self.parts.administration.create(candidate, wanted.roles, caller))
        return answer(UserShown.of(user), 201)

    async def user(self, request: Request, id: str) -> Response:
        """One user."""
        self.admin(request)
        return answer(UserShown.of(self._find(id)))

    async def change(self, request: Request, id: str) -> Response:
        """Alter roles, name, address, or disable or enable an account."""
        _, caller = self.admin(request)
        sent = (await read_json(request, UserChange)).model_dump(exclude_none=True)
        user = self._find(id)
        if {'username', 'email'} & sent.keys():
            username, email = check_names(sent.get('username', user.username), sent.get('email', user.email))
            sent |= {'username': username, 'email': email}
        changed = await self.parts.quick.run(lambda: self.parts.administration.change(id, sent, caller))
        return answer(UserShown.of(changed))

    async def delete(self, request: Request, id: str) -> Response:
        """Delete an account; what it did stays in the logs."""
        _, caller = self.admin(request)
        await self.parts.quick.run(lambda: self.parts.administration.delete(id, caller))
        return answer(Done())

    async def hand_out_reset(self, request: Request, id: str) -> Response:
        """A link that sets a new password once; the ones before become useless."""
        _, caller = self.admin(request)
        token, expires_at = await self.parts.quick.run(lambda: self.parts.administration.hand_out_reset(id, caller))
        link = f'{self.parts.issuer}/reset?token={token}'
        return answer(ResetLink(link=link, expires_at=moment(expires_at)), 201)

    async def sessions(self, request: Request, id: str) -> Response:
        """Where somebody is logged in."""
        claims, _ = self.admin(request)
        sessions = self.parts.own.sessions_of(self._find(id).id)
        return answer(SessionList(sessions=[SessionShown.of(session, claims.session_id) for session in sessions]))

    async def end_sessions(self, request: Request, id: str) -> Response:
        """Log somebody out everywhere."""
        _, caller = self.admin(request)
        await self.parts.quick.run(lambda: self.parts.administration.end_sessions(id, caller))
        return answer(Done())

    async def keys(self, request: Request, id: str) -> Response:
        """The API keys of somebody."""
        self.admin(request)
        return answer(KeyList(keys=[KeyShown.of(key) for key in self.parts.api_keys.of_user(self._find(id).id)]))

    async def audit(
        self,
        request: Request,
        before: int = Query(LAST, ge=1, le=LAST),
        limit: int = Query(100, ge=1, le=1000),
        type: str = '',
        user: str = '',
    ) -> Response:
        """Security events, newest first; `user` is the id of whom they are about or who did it."""
        self.admin(request)
        rows = await self.parts.quick.run(lambda: self.parts.events.page(before, limit, type, user))
        events = [
            SecurityEventShown(
                id=row['id'],
                recorded_at=moment(row['recorded_at'] / 1_000_000),
                type=row['type'],
                user=self._name(row['user_id']),
                actor=self._name(row['actor']),
                address=row['address'],
                detail=row['detail'] or '',
            )
            for row in rows
        ]
        return answer(AuditPage(events=events, next=rows[-1]['id'] if len(rows) == limit else None))

    async def rotate(self, request: Request) -> Response:
        """Sign with a new key from now on."""
        _, caller = self.admin(request)
        accepted = await self.parts.quick.run(lambda: self.parts.rotate_keys(caller))
        return answer(KeysRotated(signing=accepted[-1], accepted=accepted), 201)

    def _find(self, id: str) -> User:
        user = self.parts.users.by_id(id)
        if user is None:
            raise NotFound('There is no such user.')
        return user

    def _name(self, id: str | None) -> str:
        user = self.parts.users.by_id(id or '')
        return user.username if user else id or ''


def _mentions(user: User, word: str) -> bool:
    return word in user.username.lower() or word in user.email or word in user.roles
