"""What all groups of REST endpoints share: a router, who asks, and how an answer is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.auth.claims import Claims
from app.auth.events import Caller
from app.auth.own_account import check_not_a_key
from app.auth.parts import Parts
from app.auth.policy import COOKIE
from app.auth.problems import Denied, NotLoggedIn
from app.auth.reading import caller_of
from app.auth.shapes import ProblemShown, Shape, taken_as


class Endpoints:
    """Subclasses add their routes in `__init__`."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        shape = {'schema': ProblemShown.model_json_schema()}
        refused: dict[int | str, dict[str, Any]] = {
            'default': {'description': 'Refused', 'content': {'application/problem+json': shape}}
        }
        self.router = APIRouter(responses=refused)

    def add(
        self,
        route: str,
        run: Callable[..., Any],
        gives: type[Shape],
        takes: type[Shape] | None = None,
        *,
        status: int = 200,
        form: bool = False,
    ) -> None:
        """One row of the API: `add('POST /api/login', self.log_in, LoggedIn, Credentials)`."""
        method, path = route.split()
        extra = taken_as(takes, form=form) if takes else None
        self.router.add_api_route(
            path, run, methods=[method], response_model=gives, status_code=status, openapi_extra=extra
        )

    def claims(self, request: Request) -> Claims:
        """Who asks, or `NotLoggedIn`."""
        claims = self.parts.verifier.verify(request.headers.get('authorization'), request.cookies.get(COOKIE))
        if claims is None:
            raise NotLoggedIn('This needs a login.')
        return claims

    def person(self, request: Request) -> tuple[Claims, Caller]:
        """Who asks, which must not be an API key."""
        claims = self.claims(request)
        check_not_a_key(claims)
        return claims, replace(caller_of(request), actor=claims.user_id)

    def admin(self, request: Request) -> tuple[Claims, Caller]:
        """Who asks, which must be an admin."""
        claims, caller = self.person(request)
        if 'admin' not in claims.roles:
            raise Denied('This needs the role admin.')
        return claims, caller


def answer(content: Shape, status: int = 200) -> Response:
    """An answer of this shape."""
    return Response(content.model_dump_json(), status, media_type='application/json')
