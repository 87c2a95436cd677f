"""Whether Postgres reads what the API asks for off its indexes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from db.workspaces import workspace_unit_of_work

_OFF_AN_INDEX = {"Index Scan", "Index Only Scan"}
_NO_SCAN = {"Limit", "LockRows", "Result", "Nested Loop"}


@dataclass(frozen=True)
class Plan:
    """How a statement was carried out: the kinds of its nodes, rows passed over, milliseconds.

    `joined_in_vain` are the pairs of rows that were brought together and did not belong together,
    or were not wanted.
    """

    nodes: tuple[str, ...]
    passed_over: int
    joined_in_vain: int
    milliseconds: float

    @property
    def is_off_indexes(self) -> bool:
        """Whether every row was found by an index, and none was sorted."""
        return set(self.nodes) <= _OFF_AN_INDEX | _NO_SCAN


def plans_of(engine: Engine, workspace: str, ask: Callable[[Session], object]) -> list[Plan]:
    """How Postgres carries out the SELECTs with which `ask` reads the records of a workspace."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith(("SELECT", "WITH")) and " FROM " in statement.replace("\n", " "):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with workspace_unit_of_work(workspace, engine) as session:
            ask(session)
            event.remove(engine, "before_cursor_execute", note)
            connection = session.connection()
            return [
                _plan(
                    connection.exec_driver_sql(
                        f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
                    ).scalar_one()
                )
                for statement, parameters in asked
            ]
    finally:
        if event.contains(engine, "before_cursor_execute", note):
            event.remove(engine, "before_cursor_execute", note)


def _plan(explained: Any) -> Plan:
    [explained] = json.loads(explained) if isinstance(explained, str) else explained
    nodes = list(_nodes(explained["Plan"]))
    return Plan(
        nodes=tuple(node["Node Type"] for node in nodes),
        passed_over=sum(node.get("Rows Removed by Filter", 0) for node in nodes),
        joined_in_vain=sum(node.get("Rows Removed by Join Filter", 0) for node in nodes),
        milliseconds=explained["Execution Time"],
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)
