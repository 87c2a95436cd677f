"""Whether the API lives, and whether it can do its work."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.deps import CurrentLauncher
from api.orders import Launcher, RunNotStarted
from api.problems import FieldProblem, answer, describe_problems
from api.schemas import Health
from db.workspaces import get_api_engine

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def read_health() -> Health:
    """That the process answers; nothing else is asked, not even for a thread."""
    return Health(status="ok")


@router.get("/readyz", response_model=Health, responses=describe_problems(503))
def read_readiness(request: Request, launcher: CurrentLauncher) -> Health | JSONResponse:
    """That the database answers and runs can be started."""
    troubles = [trouble for trouble in (_database(), _prefect(launcher)) if trouble]
    if troubles:
        errors = [FieldProblem(detail=trouble) for trouble in troubles]
        return answer(request, 503, " ".join(troubles), errors=errors)
    return Health(status="ready")


def _database() -> str | None:
    try:
        with get_api_engine().connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "The database cannot be reached."
    return None


def _prefect(launcher: Launcher) -> str | None:
    try:
        launcher.check()
    except RunNotStarted as error:
        return str(error)
    return None
