"""What stands between a command and its server, and can hold a question back just before it is put."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LIFE = b"\0\0"  # what a Bolt server says so that nobody takes it for dead


class GoBetween:
    """Passes what is said to a port of this machine, and back, and counts what was said to it.

    What is said as number `hold` (1 is the first of the first connection) is held back until `cut`, which
    ends all connections, as the death of the server would; so is all after it. Held, the server seems
    alive, or `frozen`.
    """

    def __init__(self, port: int, hold: int = 0, *, frozen: bool = False) -> None:
        self.said = 0
        self.held = threading.Event()
        self._to = port
        self._hold = hold
        self._frozen = frozen
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.listen(0)

    def listen(self, port: int | None = None) -> None:
        """Take connections, at the port of before where none is given."""
        self._listening = socket.create_server(("127.0.0.1", self.port if port is None else port))
        self.port = int(self._listening.getsockname()[1])
        self._over.clear()
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    @property
    def url(self) -> str:
        """The address to give to a command."""
        return f"bolt://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """End all connections; nobody listens any more. What was held back is never put."""
        self._over.set()
        with self._lock:
            ended, self._open, self._hold = [self._listening, *self._open], [], 0
        for each in ended:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            with self._lock:
                self._open += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(one, other, one is client), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, asks: bool) -> None:
        with suppress(OSError):
            while said := one.recv(1 << 16):
                if asks and self._count():
                    self._wait(one)
                    return
                other.sendall(said)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _count(self) -> bool:
        with self._lock:
            self.said += 1
            return bool(self._hold) and self.said >= self._hold

    def _wait(self, client: socket.socket) -> None:
        self.held.set()
        with suppress(OSError):
            while not self._over.wait(0.5):
                if not self._frozen:
                    client.sendall(_LIFE)


@contextmanager
def go_between(port: int, hold: int = 0, *, frozen: bool = False) -> Iterator[GoBetween]:
    """One that ends with the block."""
    made = GoBetween(port, hold, frozen=frozen)
    try:
        yield made
    finally:
        made.cut()
