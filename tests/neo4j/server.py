"""A real Neo4j server for the tests: the one that is named, or one started here.

``HEADWATER_TEST_NEO4J_URI`` (with ``HEADWATER_TEST_NEO4J_USER`` and ``_PASSWORD``) names
a server whose database the tests may empty. Without it, Neo4j Community is fetched once
from Maven Central into ``~/.cache/headwater-tests`` and started on the loopback address.

By hand: ``python -m tests.neo4j.server [--port N] [--keep-in DIR]`` prints address, user
and password, and runs until Ctrl-C; ``--fetch`` only fetches.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

VERSION: Final = "5.26.30"
CACHE: Final = Path.home() / ".cache" / "headwater-tests" / f"neo4j-{VERSION}"
USER: Final = "neo4j"
_ARTEFACTS: Final = (
    ("org.neo4j", "neo4j"),
    ("org.neo4j.app", "neo4j-server"),
    ("org.neo4j", "neo4j-import-tool"),
    ("org.neo4j", "neo4j-record-storage-engine"),
)
_OPENS: Final = (
    "java.base/java.io",
    "java.base/java.nio",
    "java.base/java.util.concurrent",
    "java.base/sun.nio.ch",
)
_READY_WITHIN_S: Final = 120.0
# Neo4j takes the place of the shell; the other half waits until the pipe from here is
# closed, which also happens when this process is killed, and ends it then.
_ENDS_WITH_US: Final = (
    'exec 3<&0; { cat <&3 >/dev/null; kill "$$" 2>/dev/null; } & '
    'exec 3<&-; exec "$@" </dev/null'
)


class NoServerError(Exception):
    """No Neo4j server can be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is and who may write to it."""

    uri: str
    user: str
    password: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that let headwater in."""
        return {
            "HEADWATER_NEO4J_USER": self.user,
            "HEADWATER_NEO4J_PASSWORD": self.password,
        }


@contextmanager
def running_server() -> Iterator[Server]:
    """Yield the server that is named in the environment, or one started for this.

    Raises
    ------
    NoServerError
        When neither can be had.
    """
    uri = os.environ.get("HEADWATER_TEST_NEO4J_URI")
    if uri:
        yield Server(
            uri,
            os.environ.get("HEADWATER_TEST_NEO4J_USER", USER),
            os.environ.get("HEADWATER_TEST_NEO4J_PASSWORD", ""),
        )
        return
    with (
        tempfile.TemporaryDirectory(prefix="headwater-neo4j-") as home,
        started_server(Path(home)) as server,
    ):
        yield server


@contextmanager
def started_server(
    home: Path, port: int | None = None, *, heap: str = "1g", page_cache: str = "512m"
) -> Iterator[Server]:
    """Yield a server of our own that keeps its files in ``home``."""
    classpath = fetch()
    port = port or _free_port()
    password = prepare_home(home, port, page_cache)
    (home / "logs" / "neo4j.log").unlink(missing_ok=True)
    with (home / "out.log").open("ab") as log:
        process = subprocess.Popen(
            ["sh", "-c", _ENDS_WITH_US, "neo4j", *_command(home, classpath, heap)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_ready(process, port, home)
            yield Server(f"neo4j://127.0.0.1:{port}", USER, password)
        finally:
            _stop(process)


def fetch() -> Path:
    """Return the folder of the server's jars, fetched from Maven Central the first time."""
    jars = CACHE / "lib"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise NoServerError(
            "Maven (mvn) is not installed; install it, or name a server with "
            "HEADWATER_TEST_NEO4J_URI"
        )
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as scratch:
        folder = Path(scratch) / "neo4j"
        folder.mkdir()
        (folder / "pom.xml").write_text(_pom())
        done = subprocess.run(
            [
                maven, "-B", "-q", "-f", str(folder / "pom.xml"),
                "dependency:copy-dependencies", "-DincludeScope=runtime",
                f"-DoutputDirectory={folder / 'lib'}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).strip()[-500:]
            raise NoServerError(f"Maven cannot fetch Neo4j {VERSION}: {said}")
        try:
            folder.rename(CACHE)
        except OSError:  # another run was faster
            if not jars.is_dir():
                raise
    return jars


def admin(
    home: Path, *arguments: str, heap: str = "1g"
) -> subprocess.CompletedProcess[str]:
    """Run ``neo4j-admin`` with these arguments on a server's files."""
    command = _java(fetch(), heap)
    return subprocess.run(
        [*command, "org.neo4j.cli.AdminTool", *arguments],
        env=_environment(home),
        cwd=home,  # it leaves a report where it runs
        capture_output=True,
        text=True,
        check=False,
    )


def _pom() -> str:
    wanted = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{VERSION}</version></dependency>"
        for group, name in _ARTEFACTS
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0">'
        "<modelVersion>4.0.0</modelVersion><groupId>headwater</groupId>"
        "<artifactId>test-server</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{wanted}</dependencies></project>"
    )


def prepare_home(home: Path, port: int = 0, page_cache: str = "512m") -> str:
    """Write the configuration; set the password once and return it."""
    (home / "conf").mkdir(parents=True, exist_ok=True)
    (home / "conf" / "neo4j.conf").write_text(
        "\n".join(
            (
                "server.default_listen_address=127.0.0.1",
                f"server.bolt.listen_address=127.0.0.1:{port}",
                f"server.bolt.advertised_address=127.0.0.1:{port}",
                "server.http.enabled=false",
                "server.https.enabled=false",
                f"server.memory.pagecache.size={page_cache}",
                "dbms.security.auth_enabled=true",
                "dbms.usage_report.enabled=false",
                "db.tx_log.preallocate=false",
                "db.tx_log.rotation.retention_policy=1 files",
                "",
            )
        )
    )
    kept = home / "password"
    if not kept.exists():
        password = "p" + secrets.token_urlsafe(16)  # no option: it may begin with "-"
        done = admin(home, "dbms", "set-initial-password", password)
        if done.returncode:
            raise NoServerError(f"no password can be set: {done.stderr.strip()[-500:]}")
        kept.touch(0o600)
        kept.write_text(password)
    return kept.read_text()


def _java(classpath: Path, heap: str) -> list[str]:
    java = shutil.which("java")
    if java is None:
        raise NoServerError("no Java here; Neo4j 5 needs Java 17 or 21")
    opens = [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENS]
    return [java, f"-Xmx{heap}", "-XX:+UseG1GC", *opens, "-cp", f"{classpath}/*"]


def _command(home: Path, classpath: Path, heap: str) -> list[str]:
    return [
        *_java(classpath, heap),
        "org.neo4j.server.CommunityEntryPoint",
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
    ]


def _environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "NEO4J_HOME": str(home),
        "NEO4J_CONF": str(home / "conf"),
    }


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, home: Path) -> None:
    """Wait until the server has opened its databases and listens."""
    deadline = time.monotonic() + _READY_WITHIN_S
    log = home / "logs" / "neo4j.log"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NoServerError(f"Neo4j ended at once: {_last_words(home)}")
        if log.exists() and b"Started." in log.read_bytes():
            return
        time.sleep(0.1)
    raise NoServerError(
        f"Neo4j is not ready after {_READY_WITHIN_S:.0f} s on port {port}: "
        f"{_last_words(home)}"
    )


def _last_words(home: Path) -> str:
    said = [
        log.read_text(errors="replace")[-800:]
        for log in (home / "out.log", home / "logs" / "neo4j.log")
        if log.exists()
    ]
    return " ".join(said).strip()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Run a server until Ctrl-C, or only fetch what it needs."""
    parser = argparse.ArgumentParser(
        description="A Neo4j server for trying things out."
    )
    parser.add_argument("--fetch", action="store_true", help="only fetch it")
    parser.add_argument("--port", type=int, default=7687)
    parser.add_argument(
        "--keep-in", type=Path, help="folder of its data (default: none)"
    )
    options = parser.parse_args()
    try:
        if options.fetch:
            sys.stdout.write(f"{fetch()}\n")
            return
        with (
            tempfile.TemporaryDirectory(prefix="headwater-neo4j-") as scratch,
            started_server(options.keep_in or Path(scratch), options.port) as server,
        ):
            sys.stdout.write(f"{server.uri} {server.user} {server.password}\n")
            sys.stdout.flush()
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            signal.pause()
    except KeyboardInterrupt:
        sys.exit(130)
    except NoServerError as error:
        sys.exit(f"no Neo4j server: {error}")


if __name__ == "__main__":
    main()
