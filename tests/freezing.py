"""A process that is stopped in the middle of whatever it does."""

import os
import signal
import time
from pathlib import Path


def freeze(pid: int) -> None:
    """Stop it, and wait until all of its threads stand: on busy processors they go on for a moment."""
    os.kill(pid, signal.SIGSTOP)
    tasks = Path(f"/proc/{pid}/task")
    until = time.monotonic() + 10
    while tasks.is_dir() and not all(_stands(task) for task in tasks.iterdir()):
        assert time.monotonic() < until, "it does not stop"
        time.sleep(0.01)


def _stands(task: Path) -> bool:
    try:
        return (task / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] in "Tt"
    except OSError:  # it ended meanwhile
        return True
