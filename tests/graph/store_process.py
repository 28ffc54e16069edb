"""A process that loads batches and says so: `python -m tests.graph.store_process URL CHAIN FROM TO`.

Who it is to the server stands in KNOCKON_STORE_USER and KNOCKON_STORE_PASSWORD.
"""

import os
import sys

from graph.stores.base import Access
from graph.stores.registry import open_store
from tests.graph.facts import batch


def main(url: str, chain: str, first: str, last: str) -> None:
    """Print the number of each batch once it is acknowledged."""
    access = Access(os.environ.get("KNOCKON_STORE_USER", ""), os.environ.get("KNOCKON_STORE_PASSWORD", ""))
    with open_store(url, chain, access) as store:
        print("ready", flush=True)
        for number in range(int(first), int(last)):
            companies, links = batch(number)
            with store.transaction():
                store.upsert(companies)
                store.upsert(links)
            print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
