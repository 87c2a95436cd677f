"""How a row that waits gets its run. The only part of the API that knows Prefect."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from api.orders import Launcher, Order, RunNotStarted
from api.own_process import OwnProcess
from settings import Settings

_FIRST = "bulk-generate"
_LOGGER = logging.getLogger("api.launcher")
_TIMEOUT = httpx.Timeout(10, connect=3)
_SHORT = httpx.Timeout(2)


def launcher_of(settings: Settings) -> Launcher:
    """The launcher that the settings ask for."""
    return OwnProcess() if settings.api_runs == "own_process" else Deployment()


class Deployment:
    """Leaves runs to the workers that serve the project's deployments."""

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

    def close(self) -> None:
        """Nothing was started."""


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
