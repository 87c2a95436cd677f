"""The API as one ASGI application: `uvicorn api.app:app`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from threading import Event, Thread
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import current_default_thread_limiter
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI

from api import batches, gallery, health, previews
from api.gallery.pages import STATIC, FreshFiles
from api.launcher import launcher_of
from api.middleware import AccessLog, BoundedBody, log_with_request_ids
from api.orders import Launcher
from api.problems import REQUEST_ID_HEADER, Problem, install_problems
from api.starting import keep_starting_forgotten
from db.workspaces import get_api_engine
from settings import Settings, get_settings

_STARTS = 8
DESCRIPTION = """
Product-page addresses in; backgrounds and overlay prefills out. Every call but the two of health
needs the bearer token of a workspace's user, and sees that workspace alone. Errors are problem
details (RFC 9457).
"""


def create_app(settings: Settings | None = None, launcher: Launcher | None = None) -> FastAPI:
    """The application; the settings say how it starts runs, unless a launcher is given."""
    settings = settings or get_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        get_api_engine(settings)  # what is wrong with the database is told at the start
        # A request holds one thread and one connection: more of one would wait for the other.
        current_default_thread_limiter().total_tokens = settings.database_pool_size
        # Prefect may take its time: those who wait for it must not hold the threads of all others.
        app.state.starts = CapacityLimiter(_STARTS)
        app.state.launcher = launcher or launcher_of(settings)
        # What was imported stays: collections need not walk through it while answers wait.
        gc.collect()
        gc.freeze()
        closed = Event()
        what = (app.state.launcher, closed)
        Thread(target=keep_starting_forgotten, args=what, daemon=True).start()
        yield
        closed.set()
        app.state.launcher.close()

    log_with_request_ids()
    app = FastAPI(
        title="CTA previews",
        version="1.0.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    routers = (batches.router, previews.router, health.router)
    for router in routers:
        app.include_router(router)
    app.mount("/gallery/static", FreshFiles(directory=STATIC), name="static")
    for router in gallery.routers():
        app.include_router(router)
    app.state.routes = [route for router in routers for route in router.routes]
    install_problems(app)
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]
    app.add_middleware(BoundedBody, most=settings.api_max_body_bytes)
    app.add_middleware(AccessLog)
    app.add_middleware(CorrelationIdMiddleware, header_name=REQUEST_ID_HEADER)
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document, with the shape of the problems that its routes refer to."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        schemas = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= {**schemas.pop("$defs"), "Problem": schemas}
    return app.openapi_schema or {}


app = create_app()
