"""What stands between a command and its server, and can hold a question back just before it is put."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_LIFE = b"\0\0"  # what a Bolt server says so that nobody takes it for dead


class GoBetween:
    """Passes what is said to a port of this machine, and back, and counts what was said to it.

    A context manager; at its end all connections end.
    """

    def __init__(self, to: int) -> None:
        self.said = 0
        self.held = threading.Event()
        self.port = 0
        self._to = to
        self._hold_at = 0
        self._frozen = False
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.listen()

    @property
    def url(self) -> str:
        """The address to give to a command."""
        return f"bolt://127.0.0.1:{self.port}"

    def hold(self, number: int, *, frozen: bool = False) -> None:
        """Hold back what is said as `number` from now, 1 is the next, and all after it, until `cut`.

        Meanwhile the server seems to be alive, or `frozen`.
        """
        with self._lock:
            self._hold_at, self._frozen = self.said + number, frozen
        self.held.clear()

    def cut(self) -> None:
        """What the death of the server does: all connections end, nobody listens, what is held is lost."""
        self._over.set()
        with self._lock:
            ended, self._open, self._hold_at = [self._listening, *self._open], [], 0
        for each in ended:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def listen(self) -> None:
        """Take connections again, at the same port."""
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                with self._lock:
                    self._open += [client, server]
                for one, other in ((client, server), (server, client)):
                    pair = (one, other, one is client)
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, asks: bool) -> None:
        with suppress(OSError):
            while said := one.recv(1 << 16):
                if asks and self._is_held():
                    self._wait(one)
                    return
                other.sendall(said)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _is_held(self) -> bool:
        with self._lock:
            self.said += 1
            return 0 < self._hold_at <= self.said

    def _wait(self, client: socket.socket) -> None:
        over = self._over
        self.held.set()
        while not over.wait(0.5):
            if not self._frozen:
                client.sendall(_LIFE)

    def __enter__(self) -> GoBetween:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
