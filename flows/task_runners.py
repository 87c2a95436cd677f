"""Who works on the sources of a run: threads of its process, or Dask workers on many machines."""

from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from settings import get_settings


def source_runner() -> TaskRunner[Any]:
    """The task runner that a flow maps its sources over, as `CTA_TASK_RUNNER` says."""
    settings = get_settings()
    if settings.task_runner == "dask":
        # Half a second of imports, for those who asked for it.
        from flows.over_dask import SourcesOverDask

        return SourcesOverDask(address=settings.dask_address)
    return ThreadPoolTaskRunner(max_workers=settings.max_concurrent_sources)


def check_source_runner() -> None:
    """See to it that sources which are handed out will be worked on.

    Raises:
        DaskUnusable: the scheduler cannot be reached, has no workers or ones that cannot run the
            project, or there is no Prefect server that all machines share.
    """
    settings = get_settings()
    if settings.task_runner == "dask":
        from flows.over_dask import check_cluster

        check_cluster(str(settings.dask_address))
