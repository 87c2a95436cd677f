"""Pictures that cannot be stored, and files that nothing names."""

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from settings import PROJECT_ROOT
from tests.dask_cluster import Batch
from tests.faults.batches import IMAGE_MODEL, SWEEP, TEXT_MODEL, Paid, previews, source, wait_for
from tests.faults.conftest import KEY
from tests.faults.oracle import unnamed_files, violations, watched
from tests.gemini_server import GeminiServer
from tests.pages import Pages
from tests.prefect_server import run_python

ON_A_SMALL_DISK = """
import json, sys
from pathlib import Path
from flows import bulk_generate, retry_failed
from db.session import get_engine
from settings import get_settings
from tests.faults.oracle import violations

media = get_settings().media_dir
filler = media / ".filler"
try:
    with filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
except OSError:
    pass

def tell(result):
    print(json.dumps({
        "status": result.status,
        "reasons": [preview["error_message"] for preview in result.previews],
        "violations": violations(get_engine(), media),
        "files": sorted(str(one.relative_to(media)) for one in media.rglob("*") if one.is_file()),
    }), flush=True)

result = bulk_generate(json.loads(sys.argv[1]))
tell(result)
sys.stdin.readline()
filler.unlink()
tell(retry_failed(result.bulk_task_id))
"""


def mounts_are_allowed() -> bool:
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.faults
@pytest.mark.skipif(not mounts_are_allowed(), reason="needs the right to mount a small disk")
def test_a_full_disk_fails_previews_clearly_and_what_was_paid_for_words_is_kept(
    bare_prefect: dict[str, str],
    job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    media = data_dir / "media"
    media.mkdir()
    paid = Paid(gemini_server)
    disk = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
    with (
        watched(database),
        subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", disk, str(media), sys.executable, "-c",
             ON_A_SMALL_DISK, json.dumps([source(pages, "mug", 2)])],
            cwd=PROJECT_ROOT, env=bare_prefect | job | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process,
    ):  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        full: dict[str, Any] = json.loads(process.stdout.readline())
        assert paid.since() == Counter({IMAGE_MODEL: 2, TEXT_MODEL: 2})
        process.stdin.write("\n")
        process.stdin.flush()
        freed: dict[str, Any] = json.loads(process.stdout.readline())
    assert full["status"] == "failed"
    assert all("No space left on device" in reason for reason in full["reasons"])
    assert full["violations"] == []
    assert full["files"] == [".filler"], "of a file that was not written whole, nothing is left"
    assert (freed["status"], freed["violations"]) == ("done", [])
    assert paid.since() == Counter({IMAGE_MODEL: 2})


@pytest.mark.faults
def test_a_sweep_spares_the_picture_of_a_preview_that_is_still_being_made(
    bare_prefect: dict[str, str],
    job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    environment = bare_prefect | job
    opened = threading.Event()

    def late_words(call: Any) -> Any:
        from tests.gemini_server import varied_words

        opened.wait(120)
        return varied_words(call)

    gemini_server.script(late_words, model=TEXT_MODEL)
    media = data_dir / "media"
    with watched(database), Batch(environment, [source(pages, "mug", 1)]) as batch:
        try:
            wait_for(lambda: any(preview.background_url for preview in previews()))
            [preview] = previews()
            orphan = media / "backgrounds" / f"{preview.id}-1-00000000.jpg"
            orphan.write_bytes(b"left by a process that was killed")
            half_written = media / "backgrounds" / ".left.part"
            half_written.write_bytes(b"half")
            run_python(environment, "-c", SWEEP)
            assert not orphan.exists()
            assert not half_written.exists()
        finally:
            opened.set()
        printed = batch.ended()
        assert [preview.status for preview in previews()] == ["done"], printed
        assert unnamed_files(previews(), media) == []
        assert violations(database, media, secrets=[KEY], is_swept=True) == []
