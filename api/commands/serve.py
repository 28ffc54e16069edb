"""`knockon serve`: the API over HTTP."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import Annotated

import typer

from api.console import Call, command
from graph import warming
from graph.errors import InputError

app = typer.Typer()


@command(app, "serve", "knockon serve", "knockon serve --port 9000 --store chain.db")
def serve(
    call: Call,
    host: Annotated[str | None, typer.Option(help="Address to listen on (KNOCKON_HOST, 127.0.0.1).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0: any (KNOCKON_PORT, 8000).")
    ] = None,
) -> None:
    """Serves the API; the documents are at /openapi.json. Control-C ends it."""
    # The web framework is a second to import: only those who serve pay for it.
    import uvicorn

    from api.app import LONGEST_HEAD, create_app

    host, port = host or call.settings.host, call.settings.port if port is None else port
    with call.opened():
        pass  # a store that cannot be opened is said at once, not at the first request
    say = call.speech()
    with _listening(host, port) as listening:
        if not warming.compiled():
            call.note(say("compiling_all"))
            warming.compile_engine()
        port = listening.getsockname()[1]
        if call.as_json:
            call.answer({"host": host, "port": port, "store": call.settings.store})
        call.note(say("serving", host=f"[{host}]" if ":" in host else host, port=port))
        if not _only_here(host):
            call.note(say("open_to_all"))
        config = uvicorn.Config(
            create_app(call.settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            limit_concurrency=200,
            h11_max_incomplete_event_size=LONGEST_HEAD,
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises InputError."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"nothing can listen on {host}:{port}: {reason}", remedy="name another --port or --host"
        ) from error


def _only_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
