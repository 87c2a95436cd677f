"""Pictures are stored whole, under the name that was asked for, and nowhere else."""

import os
import pickle
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from PIL import Image

from creative.background import BACKGROUND_SIZE
from creative.encoding import DigitalSource, Origin
from creative.media import MediaStore, MediaStoreFailed

COMPOSED = Origin(DigitalSource.COMPOSITE, "cta-previews")
GENERATED = Origin(DigitalSource.COMPOSITE_WITH_GENERATED_MEDIA, 'a "model" & <co>')


@pytest.fixture
def image() -> Image.Image:
    return Image.linear_gradient("L").resize((640, 360)).convert("RGB")


def test_a_background_is_stored_beside_its_original(tmp_path: Path, image: Image.Image) -> None:
    url = MediaStore(tmp_path, None).save_background(image, "one", COMPOSED)
    assert url == (tmp_path / "backgrounds" / "one.jpg").as_uri()
    with Image.open(tmp_path / "backgrounds" / "one.jpg") as stored:
        assert (stored.format, stored.size) == ("JPEG", BACKGROUND_SIZE)
        assert stored.info["progressive"]
    with Image.open(tmp_path / "originals" / "one.jpg") as stored:
        assert stored.size == (640, 360)
        assert stored.info.get("progressive") is None


def test_what_a_model_made_is_kept_as_it_came(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    painted = Image.fromarray(rng.integers(0, 255, (90, 160, 3), dtype=np.uint8))
    MediaStore(tmp_path, None).save_background(painted, "one", GENERATED)
    with Image.open(tmp_path / "originals" / "one.png") as stored:
        assert np.array_equal(np.asarray(stored), np.asarray(painted))


@pytest.mark.parametrize("detail", [1, 4, 16], ids=["noise", "coarse noise", "busy"])
def test_a_background_has_at_most_350_kilobytes_whatever_is_on_it(
    tmp_path: Path, detail: int
) -> None:
    rng = np.random.default_rng(2)
    size = (1080 // detail, 1920 // detail, 3)
    busy = Image.fromarray(rng.integers(0, 255, size, dtype=np.uint8))
    busy = busy.resize(BACKGROUND_SIZE, Image.Resampling.BICUBIC)
    url = MediaStore(tmp_path, None).save_background(busy, "one", COMPOSED)
    [file] = (tmp_path / "backgrounds").iterdir()
    assert url.endswith(file.name)
    assert 20_000 < file.stat().st_size <= 350_000
    with Image.open(file) as stored:
        assert (stored.size, stored.format) == (
            BACKGROUND_SIZE, {".jpg": "JPEG", ".webp": "WEBP"}[file.suffix],
        )  # fmt: skip


@pytest.mark.parametrize("origin", [COMPOSED, GENERATED], ids=["composed", "generated"])
def test_both_files_say_what_made_them(tmp_path: Path, image: Image.Image, origin: Origin) -> None:
    MediaStore(tmp_path, None).save_background(image, "one", origin)
    files = list(tmp_path.glob("*/one.*"))
    assert len(files) == 2
    for file in files:
        with Image.open(file) as stored:
            stored.load()
            packet = stored.info["xmp"]
        packet = packet if isinstance(packet, str) else packet.decode()
        assert f'Iptc4xmpExt:DigitalSourceType="{origin.source}"' in packet
    assert origin.source.startswith("http://cv.iptc.org/newscodes/digitalsourcetype/composite")


def test_a_webp_says_what_made_it_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    noise = Image.fromarray(rng.integers(0, 255, (270, 480, 3), dtype=np.uint8))
    MediaStore(tmp_path, None).save_background(
        noise.resize(BACKGROUND_SIZE, Image.Resampling.NEAREST), "one", GENERATED
    )
    with Image.open(tmp_path / "backgrounds" / "one.webp") as stored:
        assert GENERATED.source in stored.info["xmp"].decode()


def test_the_address_is_under_the_base_address(tmp_path: Path, image: Image.Image) -> None:
    for base in ("https://media.example/m", "https://media.example/m/"):
        url = MediaStore(tmp_path, base).save_background(image, "one", COMPOSED)
        assert url == "https://media.example/m/backgrounds/one.jpg"


def test_without_a_base_the_address_is_the_files(tmp_path: Path, image: Image.Image) -> None:
    url = MediaStore(tmp_path / "a folder", None).save_background(image, "one", COMPOSED)
    assert url.startswith("file:///")
    assert Path(unquote(urlsplit(url).path)).is_file()


@pytest.mark.parametrize("base", [None, "https://media.example/m"])
def test_what_was_stored_is_read_back_by_its_address(
    tmp_path: Path, image: Image.Image, base: str | None
) -> None:
    store = MediaStore(tmp_path / "a folder", base)
    background = store.load(store.save_background(image, "one", COMPOSED))
    assert (background.mode, background.size) == ("RGB", BACKGROUND_SIZE)


@pytest.mark.parametrize(
    "url",
    ["https://elsewhere.example/backgrounds/one.jpg", "https://media.example/m/../secret.jpg",
     "https://media.example/m/%2e%2e/secret.jpg", "https://media.example/m/backgrounds/two.jpg",
     "file:///etc/hostname"],
)  # fmt: skip
def test_an_address_that_is_not_the_stores_is_told(
    tmp_path: Path, image: Image.Image, url: str
) -> None:
    image.save(tmp_path / "secret.jpg")
    store = MediaStore(tmp_path / "media", "https://media.example/m")
    store.save_background(image, "one", COMPOSED)
    with pytest.raises(MediaStoreFailed, match="could not be read"):
        store.load(url)


def test_a_picture_of_the_same_name_is_replaced(tmp_path: Path, image: Image.Image) -> None:
    store, file = MediaStore(tmp_path, None), tmp_path / "backgrounds" / "one.jpg"
    store.save_background(image, "one", COMPOSED)
    before = file.read_bytes()
    reader = tmp_path / "as a reader has it open.jpg"
    reader.hardlink_to(file)
    store.save_background(Image.new("RGB", (32, 18)), "one", COMPOSED)
    assert reader.read_bytes() == before
    assert file.read_bytes() != before


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK"])
def test_every_mode_can_be_stored(tmp_path: Path, mode: str) -> None:
    MediaStore(tmp_path, None).save_background(Image.new(mode, (20, 20)), "one", GENERATED)
    assert (tmp_path / "backgrounds" / "one.jpg").is_file()


def test_others_may_read_a_stored_picture(tmp_path: Path, image: Image.Image) -> None:
    MediaStore(tmp_path, None).save_background(image, "one", COMPOSED)
    assert (tmp_path / "backgrounds" / "one.jpg").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "name",
    ["", "../one", "a/../../one", "/etc/one", "a//b", ".hidden", "a/.b", "a\\b", "a\0b", "a b", "..",
     "a/", "C:one", "one\n"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(
    tmp_path: Path, image: Image.Image, name: str
) -> None:
    with pytest.raises(ValueError, match="name"):
        MediaStore(tmp_path / "media", None).save_background(image, name, COMPOSED)
    assert not list(tmp_path.rglob("*.jpg"))


def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path, image: Image.Image) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "backgrounds").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="out of the folder"):
        MediaStore(tmp_path / "media", None).save_background(image, "one", COMPOSED)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_folder_that_cannot_be_written_is_told_with_the_name(
    tmp_path: Path, image: Image.Image
) -> None:
    (tmp_path / "backgrounds").write_text("a file where a folder should be")
    with pytest.raises(MediaStoreFailed, match="'backgrounds/one' could not be stored") as failure:
        MediaStore(tmp_path, None).save_background(image, "one", COMPOSED)
    assert failure.value.name == "backgrounds/one"
    assert str(pickle.loads(pickle.dumps(failure.value))) == str(failure.value)


def test_a_write_that_fails_leaves_the_old_picture_and_no_rest(
    tmp_path: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder = MediaStore(tmp_path, None), tmp_path / "backgrounds"
    store.save_background(image, "one", COMPOSED)
    before = (folder / "one.jpg").read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MediaStoreFailed, match="No space left on device"):
        store.save_background(Image.new("RGB", (9, 9)), "one", COMPOSED)
    assert (folder / "one.jpg").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["one.jpg"]


def test_the_name_is_given_only_to_a_whole_file_that_is_on_the_disk(
    tmp_path: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, bool]] = []
    synced = os.fsync

    def watch(handle: int) -> None:
        folder = tmp_path / "backgrounds"
        whole = any(path.stat().st_size > 500 for path in folder.glob(".*.part"))
        seen.append((whole, (folder / "one.jpg").exists()))
        synced(handle)

    MediaStore(tmp_path, None).save_background(image, "another", COMPOSED)
    monkeypatch.setattr(os, "fsync", watch)
    MediaStore(tmp_path, None).save_background(image, "one", COMPOSED)
    of_the_original, of_the_background = seen[:2], seen[2:]
    assert of_the_original == [(False, False)] * 2
    assert of_the_background == [(True, False), (False, True)]
