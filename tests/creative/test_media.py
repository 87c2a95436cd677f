"""Pictures are stored whole, under the name that was asked for, and nowhere else."""

import os
import pickle
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from creative.media import MediaStore, MediaStoreFailed

NAME = "backgrounds/0b7e2c1e-9d3a-4a53-8a0e-0f1f7d6f1a11-1"


@pytest.fixture
def image() -> Image.Image:
    return Image.linear_gradient("L").resize((640, 360)).convert("RGB")


def test_a_picture_is_a_progressive_jpeg_under_its_name(tmp_path: Path, image: Image.Image) -> None:
    MediaStore(tmp_path, None).save(image, NAME)
    with Image.open(tmp_path / f"{NAME}.jpg") as stored:
        assert stored.format == "JPEG"
        assert stored.size == (640, 360)
        assert stored.info["progressive"]
        assert isinstance(stored, JpegImageFile)
        assert stored.quantization[0][0] == 3, "quality 90"


def test_the_address_is_under_the_base_address(tmp_path: Path, image: Image.Image) -> None:
    for base in ("https://media.example/m", "https://media.example/m/"):
        url = MediaStore(tmp_path, base).save(image, NAME)
        assert url == f"https://media.example/m/{NAME}.jpg"


def test_without_a_base_the_address_is_the_files(tmp_path: Path, image: Image.Image) -> None:
    url = MediaStore(tmp_path / "a folder", None).save(image, NAME)
    assert url.startswith("file:///")
    assert Path(unquote(urlsplit(url).path)).is_file()


def test_a_picture_of_the_same_name_is_replaced(tmp_path: Path, image: Image.Image) -> None:
    store = MediaStore(tmp_path, None)
    store.save(image, NAME)
    before = (tmp_path / f"{NAME}.jpg").read_bytes()
    reader = tmp_path / "as a reader has it open.jpg"
    reader.hardlink_to(tmp_path / f"{NAME}.jpg")
    store.save(Image.new("RGB", (32, 18)), NAME)
    assert reader.read_bytes() == before
    with Image.open(tmp_path / f"{NAME}.jpg") as stored:
        assert stored.size == (32, 18)


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK"])
def test_every_mode_can_be_stored(tmp_path: Path, mode: str) -> None:
    MediaStore(tmp_path, None).save(Image.new(mode, (20, 20)), "one")
    assert (tmp_path / "one.jpg").is_file()


def test_others_may_read_a_stored_picture(tmp_path: Path, image: Image.Image) -> None:
    MediaStore(tmp_path, None).save(image, "one")
    assert (tmp_path / "one.jpg").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "name",
    ["", "../one", "a/../../one", "/etc/one", "a//b", ".hidden", "a/.b", "a\\b", "a\0b", "a b", "..",
     "a/", "C:one", "one\n"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(
    tmp_path: Path, image: Image.Image, name: str
) -> None:
    root = tmp_path / "media"
    with pytest.raises(ValueError, match="name"):
        MediaStore(root, None).save(image, name)
    assert not list(tmp_path.rglob("*.jpg"))


def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path, image: Image.Image) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "backgrounds").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="out of the folder"):
        MediaStore(tmp_path / "media", None).save(image, "backgrounds/one")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_folder_that_cannot_be_written_is_told_with_the_name(
    tmp_path: Path, image: Image.Image
) -> None:
    (tmp_path / "backgrounds").write_text("a file where a folder should be")
    with pytest.raises(MediaStoreFailed, match="backgrounds/one") as failure:
        MediaStore(tmp_path, None).save(image, "backgrounds/one")
    assert failure.value.name == "backgrounds/one"
    assert str(pickle.loads(pickle.dumps(failure.value))) == str(failure.value)


def test_a_write_that_fails_leaves_the_old_picture_and_no_rest(
    tmp_path: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MediaStore(tmp_path, None)
    store.save(image, "one")
    before = (tmp_path / "one.jpg").read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MediaStoreFailed, match="No space left on device"):
        store.save(Image.new("RGB", (9, 9)), "one")
    assert (tmp_path / "one.jpg").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["one.jpg"]


def test_the_name_is_given_only_to_a_whole_file_that_is_on_the_disk(
    tmp_path: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, bool]] = []
    synced = os.fsync

    def watch(handle: int) -> None:
        whole = any(path.stat().st_size > 500 for path in tmp_path.glob(".*.part"))
        seen.append((whole, (tmp_path / "one.jpg").exists()))
        synced(handle)

    monkeypatch.setattr(os, "fsync", watch)
    MediaStore(tmp_path, None).save(image, "one")
    assert seen[0] == (True, False)
    assert seen[1] == (False, True)
