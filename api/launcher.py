"""How a row that waits gets its run. The only part of the API that knows Prefect."""

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
from cachetools import TTLCache
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from api.orders import Launcher, Order, RunNotStarted
from api.own_process import OwnProcess
from settings import Settings, get_settings

_FIRST = "bulk-generate"
_LIMIT = "preview-generation"
_BELIEVED_SECONDS = 60
_LOGGER = logging.getLogger("api.launcher")
_TIMEOUT = httpx.Timeout(10, connect=3)
_SHORT = httpx.Timeout(2)


def launcher_of(settings: Settings) -> Launcher:
    """The launcher that the settings ask for."""
    return OwnProcess() if settings.api_runs == "own_process" else Deployment()


class Deployment:
    """Leaves runs to the workers that serve the project's deployments."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._known: TTLCache[str, int] = TTLCache(maxsize=1, ttl=_BELIEVED_SECONDS)

    def start(self, order: Order) -> UUID:
        """Start the deployment by its name; Prefect takes one key for one run."""
        with _reaching_prefect(order.flow, _TIMEOUT, retries=1) as client:
            deployment = client.read_deployment_by_name(_deployment_of(order.flow))
            flow_run = client.create_flow_run_from_deployment(
                deployment.id, parameters=order.parameters, idempotency_key=order.key
            )
            return flow_run.id

    def check(self) -> None:
        """Ask the Prefect server whether it is well, and has the deployment that is begun with."""
        with _reaching_prefect(_FIRST, _SHORT, retries=0) as client:
            client.read_deployment_by_name(_deployment_of(_FIRST))

    def per_minute(self) -> int:
        """What the limit says on the Prefect server, where operators may have changed it."""
        with self._asking:
            if (known := self._known.get(_LIMIT)) is None:
                known = self._known[_LIMIT] = _per_minute_on_server()
            return known

    def close(self) -> None:
        """Nothing was started."""


def _per_minute_on_server() -> int:
    try:
        with _reaching_prefect(_FIRST, _SHORT, retries=0) as client:
            decay = client.read_global_concurrency_limit_by_name(_LIMIT).slot_decay_per_second
    except RunNotStarted:  # where it is missing or away, the first run makes it of the settings
        decay = 0.0
    return math.ceil(60 * decay - 1e-6) or get_settings().generations_per_minute


def _deployment_of(flow: str) -> str:
    """A flow and its deployment have one name."""
    return f"{flow}/{flow}"


@contextmanager
def _reaching_prefect(
    flow: str, timeout: httpx.Timeout, retries: int
) -> Iterator[SyncPrefectClient]:
    """A client that gives up soon, for somebody waits for the answer."""
    if not PREFECT_API_URL.value():
        raise RunNotStarted(
            "No Prefect server is named: start one with `make server` and set PREFECT_API_URL, or "
            "set CTA_API_RUNS=own_process, which needs none."
        )
    try:
        with (
            temporary_settings({PREFECT_CLIENT_MAX_RETRIES: retries}),
            get_client(httpx_settings={"timeout": timeout}, sync_client=True) as client,
        ):
            yield client
    except ObjectNotFound as error:
        raise RunNotStarted(
            f"The Prefect server knows no deployment {_deployment_of(flow)!r}: run `make deploy`."
        ) from error
    except httpx.HTTPStatusError as error:
        _LOGGER.warning("Prefect answered: %s", error.response.text)
        raise RunNotStarted(
            f"The Prefect server refused the run ({error.response.status_code}); why is in the "
            "API's log."
        ) from error
    except (httpx.HTTPError, RuntimeError) as error:
        _LOGGER.warning("Prefect could not be reached: %s", error)
        raise RunNotStarted(
            "The Prefect server cannot be reached at the moment; try again in a while."
        ) from error
