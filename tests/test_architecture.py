"""The house keeps its shape: imports run one way, names do not shadow, pins and settings agree."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from settings import PROJECT_ROOT, Settings

OURS = {"settings", "catalog", "creative", "db", "tasks", "flows", "api", "deployments", "demo"}
VALUES = {
    "catalog.product",
    "catalog.ranked",
    "creative.prefill",
    "creative.brief",
    "creative.calls",
}
MAY_IMPORT = {
    "catalog": {"settings", "catalog"},
    "creative": {"settings", "creative", "catalog.product"},
    "db": {"settings", "db", *VALUES},
    "tasks": {"settings", "catalog", "creative", "db", "tasks"},
    "flows": {"settings", "tasks", "flows", "catalog.product"},
    "api": {
        "settings",
        "db",
        "api",
        "creative.frame",
        "creative.edits",
        "creative.media",
        # The gallery shows the pictures of shops, read within the bounds that runs keep.
        "catalog.images",
        "catalog.errors",
        # What is sent as a file is read as feeds are.
        "catalog.feed_columns",
        "catalog.feeds",
        *VALUES,
    },
    "deployments": {"settings", "flows", "tasks.limits", "db", "deployments"},
}
NEVER = {
    "catalog": {"prefect", "sqlalchemy", "fastapi"},
    "creative": {"prefect", "sqlalchemy", "fastapi"},
    "db": {"prefect", "fastapi", "torch"},
    "flows": {"torch"},
    "api": {"torch"},
}
PREFECT_IN_THE_API = Path("api/launcher.py")
ALSO = {"flows/hooks.py": {"db"}, "flows/reconcile.py": {"db"}}
MODULES = sorted(
    path.relative_to(PROJECT_ROOT)
    for folder in MAY_IMPORT
    for path in (PROJECT_ROOT / folder).rglob("*.py")
)


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse((PROJECT_ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = str(node.module)
            found |= {f"{module}.{name.name}" for name in node.names} | {module}
    return found


def is_within(module: str, allowed: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def is_within_any(modules: set[str], allowed: set[str]) -> bool:
    return any(is_within(module, allowed) for module in modules)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_run_one_way(path: Path) -> None:
    folder = path.parts[0]
    allowed = MAY_IMPORT[folder] | ALSO.get(path.as_posix(), set())
    for module in imports_of(path):
        root = module.split(".")[0]
        if root in OURS:
            # `from catalog import product` is seen as both `catalog` and `catalog.product`.
            only_a_package = module == root and any(name.startswith(f"{root}.") for name in allowed)
            assert only_a_package or is_within(module, allowed), f"{path} imports {module}"
        assert root not in NEVER.get(folder, set()), f"{path} imports {root}"


def test_the_api_knows_prefect_in_one_place() -> None:
    for path in MODULES:
        if path.parts[0] == "api" and path != PREFECT_IN_THE_API:
            assert not is_within_any(imports_of(path), {"prefect"}), path


def test_the_api_loads_no_model() -> None:
    """Seen in a process of its own, for what it imports may import more."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import api.app, sys; print({'torch', 'flows'} & set(sys.modules))"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert loaded.stdout.strip() == "set()"


def test_flows_do_not_import_flows_above_them() -> None:
    below = {
        "flows/generate_preview.py": {"flows.process_url", "flows.bulk_generate"},
        "flows/process_url.py": {"flows.bulk_generate"},
        "flows/hooks.py": {"flows.generate_preview", "flows.process_url", "flows.bulk_generate"},
    }
    for path, above in below.items():
        assert not imports_of(Path(path)) & above, path


def test_no_file_of_the_flows_shadows_a_package() -> None:
    """A worker puts flows/ first on the path, where flows/db.py would be found as `db`."""
    names = {path.stem for path in (PROJECT_ROOT / "flows").iterdir()}
    assert not names & (OURS | {"prefect"} | set(sys.stdlib_module_names))


def test_every_package_is_pinned_exactly() -> None:
    pinned = (PROJECT_ROOT / "requirements.txt").read_text()
    for line in pinned.splitlines():
        if line and not line.lstrip().startswith("#"):
            assert re.match(r"[a-z0-9._-]+(\[.*\])?==[^=]+", line), line
    wanted = re.findall(
        r"^([A-Za-z0-9_-]+)", (PROJECT_ROOT / "requirements.in").read_text(), re.MULTILINE
    )
    names = {line.split("==")[0] for line in pinned.splitlines() if "==" in line}
    assert {name.lower().replace("_", "-") for name in wanted} <= names


def test_every_setting_has_a_meaning_and_stands_in_the_example() -> None:
    example = (PROJECT_ROOT / ".env.example").read_text()
    for name, field in Settings.model_fields.items():
        assert field.description, name
        variable = field.validation_alias or f"CTA_{name.upper()}"
        assert f"# {field.description}\n# {variable}=" in example, variable


def test_files_and_functions_stay_short() -> None:
    for path in MODULES:
        if "versions" in path.parts:
            continue
        source = (PROJECT_ROOT / path).read_text()
        assert len(source.splitlines()) <= 320, path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= 55, f"{path}: {node.name} has {lines} lines"


def test_deployments_point_to_flows_that_exist() -> None:
    declared = yaml.safe_load((PROJECT_ROOT / "prefect.yaml").read_text())["deployments"]
    assert declared
    for deployment in declared:
        file, name = deployment["entrypoint"].split(":")
        tree = ast.parse((PROJECT_ROOT / file).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
