"""The installed command as a process: start, pipes, Control-C, terminals that know no Chinese."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph.model import fact
from graph.stores.registry import open_store

CHECKOUT = Path(__file__).resolve().parents[2]
KNOCKON = [sys.executable, "-m", "api.cli"]


@pytest.fixture
def knockon(stories_db: Path) -> Callable[..., "subprocess.CompletedProcess[bytes]"]:
    """Runs the command on the stories' store."""

    def run(*words: object, env: dict[str, str] | None = None, **more: Any) -> Any:
        given = {"PATH": os.environ["PATH"], "KNOCKON_STORE": str(stories_db), "PYTHONPATH": str(CHECKOUT)}
        return subprocess.run(
            [*KNOCKON, *map(str, words)], env=given | (env or {}), capture_output=True, timeout=120,
            check=False, **more,
        )  # fmt: skip

    return run


def test_one_document_on_stdout_and_nothing_else(knockon: Callable[..., Any]) -> None:
    done = knockon("what-if", "--outage", "gm", "--json", env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert done.returncode == 0
    assert json.loads(done.stdout)["weeks"] == 52
    assert b"Traceback" not in done.stderr


def test_a_terminal_that_knows_no_chinese(knockon: Callable[..., Any]) -> None:
    done = knockon("companies", "--lang", "zh", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert b"gm" in done.stdout


def test_a_reader_that_leaves(stories_db: Path) -> None:
    shell = shutil.which("bash")
    assert shell
    piped = (
        f"set -o pipefail; {' '.join(KNOCKON)} what-if --outage gm --json --store {stories_db} | head -c 9"
    )
    done = subprocess.run([shell, "-c", piped], cwd=CHECKOUT, capture_output=True, timeout=120, check=False)
    assert done.stdout == b'{"scenari'
    assert done.stderr == b""


def test_arguments_that_are_no_text(knockon: Callable[..., Any]) -> None:
    for words in (
        ("companies", b"\xff"),
        ("show", b"\xff\xfe"),
        ("what-if", "--outage", b"\xff"),
        (b"\xff",),
    ):
        done = knockon(*(os.fsdecode(w) if isinstance(w, bytes) else w for w in words))
        assert done.returncode in (0, 1, 2)
        assert b"Traceback" not in done.stderr


def test_a_port_that_is_taken(knockon: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = knockon("serve", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: nothing can listen")
    assert b"Traceback" not in done.stderr


@pytest.mark.long
def test_a_service_compiles_before_it_serves(stories_db: Path, tmp_path: Path) -> None:
    """In a cache of its own: the first question finds all compiled."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "KNOCKON_STORE": str(stories_db)}
    command = [*KNOCKON, "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as service:
        try:
            assert service.stderr
            assert service.stdout
            assert "is compiled for this machine" in service.stderr.readline()
            assert service.stdout.readline().startswith("{")
            compiled = {path.name.partition("-")[0] for path in tmp_path.rglob("*.nbi")}
            assert compiled >= {"kernels.week", "sweeps._back", "standard._run", "systemic_kernels.indices"}
        finally:
            service.terminate()


def _heed() -> None:
    """Let Control-C be heeded also where these tests run in the background of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("after", [0.1, 0.3, 0.5, 0.7, 1.0])
def test_control_c_while_modules_are_imported(after: float, stories_db: Path) -> None:
    starting = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "api.cli", "companies", "--store", str(stories_db)],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heed,
    )  # fmt: skip
    with starting:
        assert starting.stderr
        # The interpreter itself has begun; what follows is ours.
        while not (line := starting.stderr.readline()).rstrip().endswith(b"| api"):
            assert line
        time.sleep(after)
        starting.send_signal(signal.SIGINT)
        _, err = starting.communicate(timeout=60)
    assert starting.returncode in (130, 1, 0)  # 1: it had begun to work, 0: it was done
    assert starting.returncode == 130 or after > 0.3
    assert b"Traceback" not in err
    assert b"KeyboardInterrupt" not in err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(stories_db: Path, tmp_path: Path, closed: str) -> None:
    written = tmp_path / "x.json"
    words = f"{' '.join(KNOCKON)} export {written} --store {stories_db} {closed}"
    done = subprocess.run(["bash", "-c", words], cwd=CHECKOUT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0
    assert done.stderr == b""
    assert json.loads(written.read_text())["nodes"]


def test_a_scenario_from_a_closed_stdin(stories_db: Path) -> None:
    words = f"{' '.join(KNOCKON)} what-if - --store {stories_db} <&-"
    done = subprocess.run(["bash", "-c", words], cwd=CHECKOUT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: stdin is not JSON")
    assert done.stdout == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", ["companies", "companies --json", "what-if --outage gm --json", "--help"])
def test_output_that_finds_no_room(knockon: Callable[..., Any], stories_db: Path, words: str) -> None:
    store = "" if words == "--help" else f"--store {stories_db}"
    words = f"{' '.join(KNOCKON)} {words} {store} >/dev/full"
    done = subprocess.run(["bash", "-c", words], cwd=CHECKOUT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: the output cannot be written: No space left on device.")
    assert b"elsewhere" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_control_c_says_how_to_go_on(stories_db: Path, tmp_path: Path) -> None:
    rows = "".join(f"c{i},Company {i},supplier,{i}\n" for i in range(400_000))
    (tmp_path / "companies.csv").write_text("id,name,roles,annual_revenue\n" + rows)
    loading = subprocess.Popen(
        [*KNOCKON, "load", str(tmp_path / "companies.csv"), "--store", str(tmp_path / "own.db")],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heed,
    )  # fmt: skip
    with loading:
        until = time.monotonic() + 60
        while not (tmp_path / "own.db-wal").exists() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1)
        loading.send_signal(signal.SIGINT)
        out, err = loading.communicate(timeout=60)
    assert loading.returncode == 1, (out, err)
    assert b"Run the same command again" in err
    assert b"Traceback" not in err


def test_a_copy_that_control_c_stopped_goes_on(knockon: Callable[..., Any], tmp_path: Path) -> None:
    one, two = str(tmp_path / "one.db"), str(tmp_path / "two.db")
    with open_store(one) as store:
        facts = [fact("companies", {"id": f"c{i:06d}", "name": f"Company {i}"}) for i in range(120_000)]
        store.upsert(facts)
        wanted = store.snapshot().hash
    copying = subprocess.Popen(
        [*KNOCKON, "copy", one, two], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=_heed,
    )  # fmt: skip
    with copying:
        while not (tmp_path / "two.db").exists():
            assert copying.poll() is None
            time.sleep(0.02)
        with open_store(two) as store:
            while not store.counts()["companies"]:
                assert copying.poll() is None
                time.sleep(0.02)
        copying.send_signal(signal.SIGINT)
        out, err = copying.communicate(timeout=60)
    assert copying.returncode == 1, (out, err)
    assert b"run the same again to go on" in b" ".join(err.split())
    assert b"Traceback" not in err
    with open_store(two) as store:
        assert 0 < store.counts()["companies"] < 120_000
    again = json.loads(knockon("copy", one, two, "--json").stdout)
    assert again["hash"] == wanted
    assert again["counts"]["companies"] == 120_000
