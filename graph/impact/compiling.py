"""Where compiled kernels are kept: apart for each state of the engine's code.

numba takes a compiled kernel for good as long as the file that holds it is unchanged, though it may have
compiled functions of other files into it. An engine that was changed in place would go on with old ones.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
import numpy as np

KEPT = 3  # states of the code of which compiled kernels are kept
_ENGINE = Path(__file__).parent


def digest_of(files: Iterable[Path]) -> str:
    """A digest of what these files say, in the order of their names, and of what compiles them."""
    digest = hashlib.sha256(f"{np.__version__} {numba.__version__}".encode())
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def is_compiled(kernel: Any) -> bool:
    """Whether a kernel is compiled already, in this process or in the folder that keeps them."""
    name = f"{kernel.py_func.__module__.rpartition('.')[2]}.{kernel.py_func.__name__}"
    return bool(kernel.signatures) or any(Path(kernel.stats.cache_path or ".").glob(f"{name}-*.nbi"))


def keep_apart() -> None:
    """Have numba keep the engine's kernels under the digest of its code; to be called before there are any.

    In NUMBA_CACHE_DIR where that is set, else beside the code. Where neither can be written numba looks for
    a place of its own.
    """
    config: Any = numba.config
    base = Path(config.CACHE_DIR or _ENGINE / "__pycache__")
    folder = base / f"kernels-{digest_of(_ENGINE.glob('*.py'))[:16]}"
    if not folder.is_dir():
        with suppress(OSError):
            folder.mkdir(parents=True)
            others = sorted(base.glob("kernels-*"), key=lambda found: found.stat().st_mtime)
            for old in others[:-KEPT]:
                shutil.rmtree(old, ignore_errors=True)
    config.CACHE_DIR = str(folder)
