"""A process that loads batches and says so: `python -m tests.graph.store_process URL CHAIN FROM TO`."""

import sys

from graph.stores.registry import open_store
from tests.graph.facts import batch


def main(url: str, chain: str, first: str, last: str) -> None:
    """Print the number of each batch once it is acknowledged."""
    with open_store(url, chain) as store:
        print("ready", flush=True)
        for number in range(int(first), int(last)):
            companies, links = batch(number)
            with store.transaction():
                store.upsert(companies)
                store.upsert(links)
            print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
