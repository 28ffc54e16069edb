"""A process that ranks a made chain and says how far it is: `python -m tests.graph.rank_process FOLDER`."""

import random
import sys
from pathlib import Path

from graph.impact import criticality
from graph.impact.criticality import Question, Ranking, rank
from tests.chains import random_chain
from tests.networks import network_of


def ranking(folder: Path | None, loudly: bool = False) -> Ranking:
    """Forty companies, kept in blocks of two."""
    criticality.WORTH_KEEPING, criticality.BLOCK = 0, 2
    network = network_of(random_chain(random.Random(7), 40, 90))

    def told(done: int, runs: int) -> None:
        if loudly:
            print(done, runs, flush=True)

    return rank(network, Question(), keep_in=folder, workers=2, progress=told)


if __name__ == "__main__":
    print(ranking(Path(sys.argv[1]), loudly=True).loss.tobytes().hex(), flush=True)
