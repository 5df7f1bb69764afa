"""``headwater serve``."""

from __future__ import annotations

import os
import socket
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from headwater.cli._context import (
    DataDir,
    Store,
    say,
    settings_for,
)
from headwater.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    from headwater.api.settings import ApiSettings

KEY_VARIABLE: Final = "HEADWATER_API_KEY"
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]", "::1")
_LEAST_KEY: Final = 16


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("serve")(serve_command)


def serve_command(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; 0.0.0.0 is every one.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any free one.")
    ] = 8000,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file",
            help=f"Ask for the key in this file (or in {KEY_VARIABLE}); "
            "without one everybody who reaches the address may ask.",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            min=0.1,
            help="Requests a second of one client; without it 50, and no limit for "
            "this machine.",
            show_default=False,
        ),
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the explorer in the browser.")
    ] = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Serve the explorer and the HTTP API; reading only, never the Hub.

    A snapshot that is published meanwhile is served as soon as it is there.

    [bold]Examples[/bold]

      headwater serve --open

      headwater serve --host 0.0.0.0 --port 8080 --api-key-file key.txt --rate 10
    """
    run = _runner()
    from headwater.api.app import create_app
    from headwater.graph.kernels.memory import keep_freed_memory
    from headwater.loading import open_reader

    keep_freed_memory()

    settings = settings_for(data_dir, store)
    limits = _limits(host, _read_key(api_key_file), rate)
    listening = _listen(host, port)
    with listening:
        reader = open_reader(settings, say)
        address = f"http://{_shown(host)}:{listening.getsockname()[1]}/"
        _warn(host, limits)
        run(
            create_app(reader, limits), listening,
            lambda: _started(address, open_=open_),
        )  # fmt: skip


def _runner() -> Any:
    """Return what runs an application on a socket until it is interrupted."""
    try:
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError as error:
        missing = (error.name or "uvicorn").partition(".")[0]
        raise MissingDependencyError(missing, "serve") from None

    class Server(uvicorn.Server):
        def __init__(self, config: uvicorn.Config, started: Any) -> None:
            super().__init__(config)
            self._tell = started

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self._tell()

    def run(app: Any, listening: socket.socket, started: Any) -> None:
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False,
            # Nobody in between is known, so nobody is believed who the client is.
            proxy_headers=False, timeout_graceful_shutdown=5,
        )  # fmt: skip
        Server(config, started).run(sockets=[listening])

    return run


def _limits(host: str, key: str | None, rate: float | None) -> ApiSettings:
    from headwater.api.settings import ApiSettings

    return ApiSettings(
        api_key=key,
        rate=rate,
        # Elsewhere the names are not known, and a key or a firewall decides.
        allowed_hosts=_LOCAL if _is_local(host) else (),
    )


def _read_key(path: Path | None) -> str | None:
    """Return the key, from the file or from the environment.

    Raises
    ------
    ConfigError
        When it cannot be read or is too short to be one.
    """
    where = KEY_VARIABLE if path is None else str(path)
    if path is None:
        key = os.environ.get(KEY_VARIABLE, "").strip()
        if not key:
            return None
    else:
        try:
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read the key in {path}: {error}") from error
    if len(key) < _LEAST_KEY or any(character.isspace() for character in key):
        raise ConfigError(
            f"{where}: a key has at least {_LEAST_KEY} characters and no space; make one: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return key


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket on the address.

    Raises
    ------
    ConfigError
        When it is taken, not ours, or no address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family)
        # Connections inherit it. Without it an answer's body waits 40 ms for the client
        # to acknowledge its head.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; choose another "
            "with --port (0 takes any free one) or --host"
        ) from error


def _is_local(host: str) -> bool:
    return host in _LOCAL or host.startswith("127.")


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _warn(host: str, limits: ApiSettings) -> None:
    if not _is_local(host) and limits.api_key is None:
        say(
            f"Everybody who reaches {host} may ask: there is no key "
            f"(--api-key-file or {KEY_VARIABLE})."
        )


def _started(address: str, *, open_: bool) -> None:
    say(f"Serving {address} (explorer) and {address}v1/ (API); end with Ctrl+C")
    if open_:
        webbrowser.open(address)
