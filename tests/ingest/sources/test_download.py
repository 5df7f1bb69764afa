"""Large files over HTTP: resumed, capped, checked, and no token for anybody."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import (
    ConfigError,
    FetchError,
    StorageError,
    TransientFetchError,
    UnreachableError,
)
from headwater.ingest.client import Limits
from headwater.ingest.download import check_address, download
from headwater.ingest.progress import NullProgress
from tests.ingest.conftest import FakeClock
from tests.ingest.sources.file_server import CONTENT, FileServer

FAST = Limits(connect_s=2.0, read_s=0.5)


@pytest.fixture
def server() -> Iterator[FileServer]:
    running = FileServer()
    yield running
    running.close()


def cut(after: int, server: FileServer) -> Callable[[Any], bool]:
    def fault(handler: Any) -> bool:
        server.answer(handler, upto=after)
        return True

    return fault


def status(code: int, **headers: str) -> Callable[[Any], bool]:
    def fault(handler: Any) -> bool:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    return fault


def fetch(
    url: str, folder: Path, clock: FakeClock | None = None, **options: Any
) -> Any:
    options.setdefault("max_bytes", 10**9)
    return download(url, folder, clock=clock or FakeClock(), limits=FAST, **options)


def test_a_file_is_fetched_and_its_facts_are_kept(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    found = fetch(server.url, tmp_path)

    assert found.path.read_bytes() == CONTENT
    assert found.told() == {
        "url": server.url, "bytes": len(CONTENT), "etag": '"v1"',
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "last_modified": "Wed, 18 Nov 2026 00:00:00 GMT",
    }  # fmt: skip
    (asked,) = server.asked
    assert asked["User-Agent"].startswith("headwater/")
    assert not {"Authorization", "Cookie", "authorization"} & set(asked)


def test_what_broke_off_is_gone_on_with(server, tmp_path):
    server.faults = [cut(1_500_000, server), status(503), cut(2_000_000, server)]
    clock = FakeClock()
    found = fetch(server.url, tmp_path, clock)

    assert found.path.read_bytes() == CONTENT
    assert [asked.get("Range") for asked in server.asked] == [
        None, "bytes=1500000-", "bytes=1500000-",
    ]  # fmt: skip
    assert all(asked.get("If-Range") == '"v1"' for asked in server.asked[1:])


def test_a_later_process_goes_on_with_it(server, tmp_path):
    server.faults = [cut(1_000_000, server), *[status(404)] * 2]
    with pytest.raises(FetchError, match="404"):
        fetch(server.url, tmp_path)
    server.faults = []
    assert fetch(server.url, tmp_path).path.read_bytes() == CONTENT
    assert server.asked[-1]["Range"] == "bytes=1000000-"


def test_another_version_is_begun_anew(server, tmp_path):
    server.faults = [cut(1_000_000, server), status(404)]
    with pytest.raises(FetchError):
        fetch(server.url, tmp_path)
    server.content, server.etag = b"PAR1" + b"new" * 500_000, '"v2"'

    found = fetch(server.url, tmp_path)
    assert (found.path.read_bytes(), found.etag) == (server.content, '"v2"')


def test_a_shorter_version_behind_the_same_tag_is_begun_anew(server, tmp_path):
    server.faults = [cut(1_000_000, server), status(404)]
    with pytest.raises(FetchError):
        fetch(server.url, tmp_path)
    server.content = b"PAR1" + b"x" * 500

    assert fetch(server.url, tmp_path).path.read_bytes() == server.content


def test_without_a_strong_tag_the_day_of_change_tells_versions_apart(server, tmp_path):
    server.etag = None
    server.faults = [cut(1_000_000, server)]

    assert fetch(server.url, tmp_path).path.read_bytes() == CONTENT
    assert server.asked[1]["If-Range"] == "Wed, 18 Nov 2026 00:00:00 GMT"


def test_a_whole_file_is_not_fetched_twice(server, tmp_path):
    first = fetch(server.url, tmp_path)
    again = fetch(server.url, tmp_path)

    assert again == first
    assert server.asked[1]["If-None-Match"] == '"v1"'


def test_a_connection_lost_after_the_last_byte(server, tmp_path):
    fetch(server.url, tmp_path)
    (note,) = tmp_path.glob("*.json")
    note.write_text(note.read_text().replace('"is_whole":true', '"is_whole":false'))

    assert fetch(server.url, tmp_path).path.read_bytes() == CONTENT
    assert "Range" not in server.asked[1]


def test_kill_9_keeps_what_came(server, tmp_path):
    server.chunk_s = 0.01
    code = (
        "import sys; from pathlib import Path\n"
        "from headwater.ingest.download import download\n"
        "download(sys.argv[1], Path(sys.argv[2]), max_bytes=10**9)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, server.url, tmp_path])
    deadline = time.monotonic() + 30
    while not any(path.stat().st_size > 500_000 for path in tmp_path.glob("*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.chunk_s = 0.0

    assert fetch(server.url, tmp_path).path.read_bytes() == CONTENT
    assert int(server.asked[-1]["Range"][6:-1]) >= 500_000


@pytest.mark.parametrize("says_so", [True, False])
def test_a_file_above_the_cap_is_refused(server, tmp_path, says_so):
    if not says_so:
        real = server.answer

        def endless(handler: Any) -> bool:
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.wfile.write(server.content)
            return True

        server.faults = [endless]
        assert real
    with pytest.raises(FetchError, match="HEADWATER_MAX_DOWNLOAD_BYTES"):
        fetch(server.url, tmp_path, max_bytes=1_000_000)

    assert len(server.asked) == 1
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1_000_300


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"<html>404</html>", "no Parquet file"), (b"PA", None), (b"", None)],
)
def test_what_is_no_parquet_file_is_refused_at_once(server, tmp_path, content, said):
    server.content = content
    if said:
        with pytest.raises(FetchError, match=said):
            fetch(server.url, tmp_path)
    else:
        # too short to tell: the reader of dumps will
        assert fetch(server.url, tmp_path).n_bytes == len(content)
    assert len(server.asked) == 1


@pytest.mark.parametrize("code", [401, 403, 404, 410, 418])
def test_a_refusal_ends_it(server, tmp_path, code):
    server.faults = [status(code)]
    clock = FakeClock()
    with pytest.raises(FetchError, match=f"HTTP {code}"):
        fetch(server.url, tmp_path, clock)
    assert clock.slept == []


def test_the_server_is_waited_for_as_it_says(server, tmp_path):
    server.faults = [
        status(429, Retry_After="7"),
        status(503, Retry_After="Fri, 01 Jan 2021 00:00:00 GMT"),
    ]
    clock = FakeClock()
    fetch(server.url, tmp_path, clock)
    assert clock.slept == [7.0, 0.0]


def test_a_lasting_fault_ends_it(server, tmp_path):
    server.faults = [status(503)] * 50
    clock = FakeClock()
    with pytest.raises(TransientFetchError, match="503"):
        fetch(server.url, tmp_path, clock)
    assert len(clock.slept) == 6


def test_a_server_that_breaks_off_again_and_again_gets_there(server, tmp_path):
    """Each attempt brings a megabyte and a half: that is progress, not failure."""
    server.content = b"PAR1" + os.urandom(15_000_000)
    server.faults = [cut(1_500_000, server)] * 9
    assert fetch(server.url, tmp_path).path.read_bytes() == server.content


def test_a_hang_costs_the_read_timeout(server, tmp_path):
    def hang(_: Any) -> bool:
        time.sleep(1.0)
        return True

    server.faults = [hang]
    assert fetch(server.url, tmp_path).path.read_bytes() == CONTENT


def test_a_trickle_is_broken_off(server, tmp_path):
    class Late(FakeClock):
        """A minute passes whenever it is looked at."""

        def monotonic(self) -> float:
            self.passed = getattr(self, "passed", 0.0) + 61.0
            return self.passed

    server.piece, server.chunk_s = 10_000, 0.02
    with pytest.raises(TransientFetchError, match="too slow"):
        fetch(server.url, tmp_path, Late())


def test_redirects_lead_to_other_hosts_but_never_in_circles(server, tmp_path):
    other = FileServer()
    try:
        server.faults = [status(302, Location=other.url)]
        assert fetch(server.url, tmp_path).path.read_bytes() == CONTENT
        assert "Authorization" not in other.asked[0]
    finally:
        other.close()
    server.faults = [status(302, Location=server.url)] * 20
    with pytest.raises(FetchError, match="redirects"):
        fetch(server.url + "?again", tmp_path)


@pytest.mark.parametrize(
    "target", ["http://example.org/m.parquet", "ftp://x/m", "https://me:pw@x/m"]
)
def test_redirects_to_where_nothing_is_fetched_from(server, tmp_path, target):
    server.faults = [status(302, Location=target)]
    with pytest.raises(FetchError, match="redirected"):
        fetch(server.url, tmp_path)


@pytest.mark.parametrize(
    "url",
    ["http://example.org/models.parquet", "http://10.0.0.1/m", "https://me:pw@x.org/m",
     "https://:443/m", "ftp://x/m", "https://[bad/m", "http://127.0.0.1.evil.org/m"],
)  # fmt: skip
def test_addresses_that_nothing_is_fetched_from(url):
    with pytest.raises(ConfigError) as told:
        check_address(url)
    assert "pw" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["https://x.org/m", "http://localhost:8/m", "http://[::1]:8/m"]
)
def test_addresses_that_are_fetched_from(url):
    check_address(url)


def test_nobody_there_is_told_soon(tmp_path):
    clock = FakeClock()
    with pytest.raises(UnreachableError, match="refused; check the address"):
        fetch("http://127.0.0.1:9/models.parquet", tmp_path, clock)
    assert len(clock.slept) == 2


def test_a_compressed_answer_is_refused(server, tmp_path):
    server.faults = [status(200, Content_Encoding="gzip")]
    with pytest.raises(FetchError, match="compresses"):
        fetch(server.url, tmp_path)


def test_a_full_disk_is_a_storage_error(server, tmp_path):
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from headwater.errors import StorageError\n"
        "from headwater.ingest.download import download\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000))\n"
        "try:\n"
        "    download(sys.argv[1], Path(sys.argv[2]), max_bytes=10**9)\n"
        "except StorageError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, server.url, tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "File too large" in ended.stdout, ended.stderr


def test_a_directory_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        fetch(server.url, tmp_path / "file" / "downloads")
    assert server.asked == []


def test_progress_is_told_in_bytes(server, tmp_path):
    told: list[Any] = []

    class Told(NullProgress):
        def start(self, route: str, total: int | None, done: int = 0,
                  unit: str = "records") -> None:  # fmt: skip
            told.append((route, total, done, unit))

        def advance(self, n: int) -> None:
            told.append(n)

    server.faults = [cut(1_000_000, server)]
    fetch(server.url, tmp_path, progress=Told())
    assert ("download", len(CONTENT), 1_000_000, "bytes") in told
    assert sum(n for n in told if isinstance(n, int)) == len(CONTENT)
