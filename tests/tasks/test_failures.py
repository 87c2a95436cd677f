import pickle
from uuid import uuid4

import pytest
from prefect.states import Completed, Failed
from sqlalchemy.exc import OperationalError

from catalog.errors import CatalogError, PageGone, PageUnreachable, RobotsUnreadable, TooLarge
from creative.errors import GeneratorOverloaded
from db.errors import PreviewNotOwned, UnknownRecord
from tasks.failures import (
    NothingGenerated,
    PreviewFailed,
    explain,
    may_pass,
    outcome_of,
    problems_of,
)
from tasks.pacing import GenerationLimitUnreachable, GenerationLimitUnusable

OURS = [
    PageGone("https://shop.example/", "The page is gone."),
    GeneratorOverloaded("The model is busy."),
    PreviewNotOwned(uuid4()),
    UnknownRecord("preview", uuid4()),
    PreviewFailed("The picture is broken."),
    NothingGenerated(uuid4(), "None was made."),
    GenerationLimitUnusable("The limit is switched off."),
    GenerationLimitUnreachable("Prefect could not be reached."),
]


@pytest.mark.parametrize("error", OURS, ids=lambda error: type(error).__name__)
def test_the_projects_own_errors_are_told_as_they_are(error: Exception) -> None:
    assert explain(error) == str(error)


@pytest.mark.parametrize("error", OURS, ids=lambda error: type(error).__name__)
def test_errors_survive_a_trip_to_another_process(error: Exception) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


def test_a_lost_database_is_told_without_its_address() -> None:
    error = OperationalError("SELECT 1", {}, Exception("password=secret host=10.0.0.1"))
    assert explain(error) == "The database could not be reached."


def test_other_errors_are_told_with_their_class() -> None:
    assert "ZeroDivisionError" in explain(ZeroDivisionError("division by zero"))


@pytest.mark.parametrize("kind", [PageGone, PageUnreachable, RobotsUnreadable, TooLarge])
def test_a_download_that_was_tried_again_inside_is_not_tried_again(
    kind: type[CatalogError],
) -> None:
    error = kind("https://shop.example/", "The server did not answer in time.")
    assert not may_pass(None, None, Failed(data=error))  # type: ignore[arg-type]


def test_a_lost_database_may_be_back() -> None:
    error = OperationalError("SELECT 1", {}, Exception())
    assert may_pass(None, None, Failed(data=error))  # type: ignore[arg-type]


def test_an_end_that_only_the_server_knows_is_no_failure() -> None:
    """So it is when the server's answer was lost, and it was told of the end once more."""
    assert problems_of([Completed(), Completed(data="x"), Failed(message="It broke.")]) == [
        "It broke."
    ]
    assert outcome_of(Completed()) is None
