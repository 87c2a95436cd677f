"""The SDK stays behind one module, and is loaded by those alone who use it."""

import ast
import subprocess
import sys

from settings import PROJECT_ROOT

FOLDERS = ("catalog", "creative", "db", "tasks", "flows", "deployments", "demo", "bench")


def imports_google(source: str) -> bool:
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [str(node.module)]
        if any(name.split(".")[0] == "google" for name in names):
            return True
    return False


def test_one_module_alone_knows_the_sdk() -> None:
    knowing = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for folder in FOLDERS
        for path in (PROJECT_ROOT / folder).rglob("*.py")
        if imports_google(path.read_text())
    }
    assert knowing == {"creative/asking/sdk.py"}


def test_who_does_not_ask_gemini_does_not_wait_for_its_sdk() -> None:
    program = (
        "import sys; from creative.generators import get_generator; from settings import Settings\n"
        "get_generator(Settings(generator='local'))\n"
        "assert not [name for name in sys.modules if name.startswith('google.generativeai')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT_ROOT)
