"""The entry of the command `knockon`: Control-C leaves quietly, also while the modules are imported."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

STOPPED = 130  # as a shell says that Control-C ended a command


def _leave(number: int, frame: FrameType | None) -> None:
    """There is nothing to clean up yet; and an exception may get lost inside the import of a module."""
    os._exit(STOPPED)


def main() -> None:
    """What the installed command calls."""
    # Who started the command may have told it to pass over Control-C: then it does.
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, _leave)
    from api.application import run

    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
