"""All loaders, in the order in which their files are loaded: what others refer to comes first.

A new kind of file: write `loaders/NAME.py` with one `LOADER` (loaders/base.py says what that is), and add it
here after what it refers to.
"""

from __future__ import annotations

from typing import Final

from loaders import bea, graphs, nhtsa_complaints, nhtsa_recalls, sec, tables
from loaders.base import Loader

# Rates, markets, companies; then those that may bring companies and products of their own; then the rest.
LOADERS: Final[tuple[Loader, ...]] = (
    *tables.LOADERS[:3],
    graphs.LOADER,
    bea.LOADER,
    sec.LOADER,
    nhtsa_complaints.LOADER,
    nhtsa_recalls.LOADER,
    *tables.LOADERS[3:],
)
