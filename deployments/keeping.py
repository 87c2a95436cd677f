"""What an operator has set on a deployment outlives its being registered again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound


@contextmanager
def kept_settings(client: SyncPrefectClient, names: Sequence[str]) -> Iterator[None]:
    """Put the settings of deployments back as they were, once the block has registered them anew,
    and also where it is stopped in the middle.

    Kept are schedules, whether it is paused, default parameters, job variables, and the concurrency
    limit with what becomes of runs beyond it: Prefect replaces them by what its file declares. A
    deployment that is new to the server gets those of the file.

    Args:
        client: of the server.
        names: of the deployments, each `flow/deployment`.
    """
    before = {name: deployment for name in names if (deployment := _read(client, name))}
    try:
        yield
    finally:
        for name, deployment in before.items():
            _restore(client, deployment, client.read_deployment_by_name(name))


def _restore(
    client: SyncPrefectClient, before: DeploymentResponse, after: DeploymentResponse
) -> None:
    limit = before.global_concurrency_limit
    client.update_deployment(
        after.id,
        DeploymentUpdate(
            paused=before.paused,
            parameters=after.parameters | before.parameters,
            job_variables=after.job_variables | before.job_variables,
            tags=sorted({*before.tags, *after.tags}),
            concurrency_limit=limit and limit.limit,
            concurrency_options=before.concurrency_options,
        ),
    )
    # One by one: an update of the whole list takes no schedule without a name, and no empty list.
    for schedule in after.schedules:
        client.delete_deployment_schedule(after.id, schedule.id)
    if before.schedules:
        client.create_deployment_schedules(
            after.id,
            [
                DeploymentScheduleCreate(
                    schedule=schedule.schedule,
                    active=schedule.active,
                    parameters=schedule.parameters,
                    slug=schedule.slug,
                )
                for schedule in before.schedules
            ],
        )


def _read(client: SyncPrefectClient, name: str) -> DeploymentResponse | None:
    try:
        return client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None
