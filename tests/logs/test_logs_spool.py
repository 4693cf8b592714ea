"""A file somebody gives is refused with a sentence, or put on the disk."""

import gzip
import io
import stat
from pathlib import Path

import pytest

from console.logs.spool import Refused, refuse_size, spool


class Unread(io.BytesIO):
    """A file that nobody may read from."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("it was read")


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path):
    with pytest.raises(Refused, match=r"app\.log has 1,000 MB; up to 500 MB are taken\."):
        spool(Unread(), "app.log", 1_000_000_000, tmp_path / "log")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_refused():
    with pytest.raises(Refused, match="is empty"):
        refuse_size("app.log", 0)


def put(data: bytes, target: Path, limit: int = 10_000_000) -> bytes:
    spooled = spool(io.BytesIO(data), "app.log", len(data), target, limit)
    assert spooled.size == len(target.read_bytes())
    return target.read_bytes()


def test_a_log_is_put_down_for_its_owner_only(tmp_path: Path):
    assert put(b"a\nb\n", tmp_path / "log") == b"a\nb\n"
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_a_compressed_log_is_unpacked(tmp_path: Path):
    assert put(gzip.compress(b"a\nb\n"), tmp_path / "log") == b"a\nb\n"


def test_utf_16_is_put_down_as_utf_8(tmp_path: Path):
    assert put("é\nb\n".encode("utf-16"), tmp_path / "log") == "é\nb\n".encode()


def test_a_bomb_is_refused_and_leaves_nothing(tmp_path: Path):
    with pytest.raises(Refused, match="more than 1 MB once unpacked"):
        put(gzip.compress(b"\n" * 50_000_000), tmp_path / "log", limit=1_000_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04 and so on", "is a ZIP archive, no log in text."),
        (bytes(range(256)) * 20, "is no text."),
        (gzip.compress(bytes(range(256)) * 20, mtime=0), "is no text."),
        (gzip.compress(b"a\n" * 9999, mtime=0)[:-20], "could not be read to its end"),
        (b"\x1f\x8bnonsense", "could not be read to its end"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, data: bytes, sentence: str):
    with pytest.raises(Refused, match=sentence):
        put(data, tmp_path / "log")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path):
    (tmp_path / "log").write_text("kept")
    with pytest.raises(FileExistsError):
        put(b"new\n", tmp_path / "log")
    assert (tmp_path / "log").read_text() == "kept"
