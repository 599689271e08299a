"""The web server of the service: REST and pages in one ASGI application."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from app.auth.account_api import AccountApi
from app.auth.admin_api import AdminApi
from app.auth.api import Api
from app.auth.border import Border, Direct, problem_answer
from app.auth.origin import Origins
from app.auth.pages import PATHS, Pages
from app.auth.parts import Parts
from app.auth.problems import Invalid, MethodNotAllowed, NotFound, Problem
from app.auth.screen import Screen


def build_app(parts: Parts, origins: Origins, screen: Screen) -> FastAPI:
    """Everything on the port of the service; `/docs` is left to others, as FastAPI's loads from the internet."""
    pages = Pages(parts, origins, screen)
    app = FastAPI(
        title='DBBasic Auth', version='1', docs_url=None, redoc_url=None, dependencies=[Depends(origins.check)]
    )
    basic = Api(parts)
    for api in (basic, AccountApi(parts), AdminApi(parts)):
        app.include_router(api.router)
    app.include_router(pages.router)
    app.add_middleware(Direct, endpoints={('GET', '/api/verify'): basic.verify})
    app.add_middleware(Border)
    _explain_refusals(app, pages)
    return app


def _explain_refusals(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(Problem)
    async def explain(request: Request, problem: Problem) -> Response:
        if request.url.path in PATHS:
            return pages.refuse(request, problem)
        return problem_answer(problem, request.scope['state']['request_id'])

    @app.exception_handler(RequestValidationError)
    async def explain_parameters(request: Request, error: RequestValidationError) -> Response:
        wrong = Invalid({str(one['loc'][-1]): f'{one["msg"]}.' for one in error.errors()})
        return problem_answer(wrong, request.scope['state']['request_id'])

    @app.exception_handler(HTTPException)
    async def explain_routing(request: Request, error: HTTPException) -> Response:
        path = request.url.path
        if error.status_code == 405:
            problem: Problem = MethodNotAllowed(f'{request.method} is not possible at {path}.')
        else:
            problem = NotFound(f'There is nothing at {path}.')
        problem.headers |= error.headers or {}
        return problem_answer(problem, request.scope['state']['request_id'])
