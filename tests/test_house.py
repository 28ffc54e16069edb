"""The walls of the house: what may import what, who reads the environment, how long a file may be."""

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[1]
ROOMS = ("graph", "api", "loaders", "viz")
FILES = sorted(path for room in ROOMS for path in (CHECKOUT / room).rglob("*.py"))
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))

MAX_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 400, 60, 6
# Exceptions by name, `room/file.py` or `room/file.py:function`, each with its reason. Empty is best.
LONG_FILES: dict[str, str] = {
    "graph/stores/neo4j.py": "the door to the server: all Cypher there is, and what the errors mean",
    "graph/ontology.py": "the one list of tables and columns: data, and split it would be two lists",
}
LONG_FUNCTIONS: dict[str, str] = {}
MANY_PARAMETERS: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(tree: ast.AST) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every import as (module, names taken from it)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", tuple(alias.name for alias in node.names)


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    """Lines from `def` to the end, without the docstring, which may be as long as it is useful."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        doc = function.body[0]
        length -= (doc.end_lineno or doc.lineno) - doc.lineno + 1
    return length


def parameters_of(function: Function) -> int:
    args = function.args
    names = [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    starred = sum(arg is not None for arg in (args.vararg, args.kwarg))
    return len([name for name in names if name not in ("self", "cls")]) + starred


def takes_many_by_nature(function: Function) -> bool:
    """A numba kernel takes its arrays one by one; a command's parameters are the options it promises."""
    said = [ast.unparse(decorator) for decorator in function.decorator_list]
    return any(re.search(r"\b(n?jit|kernel|command)\b", one) for one in said)


def tracked() -> list[Path]:
    """Files of the project: in git, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (CHECKOUT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def declared() -> list[Requirement]:
    texts = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return [Requirement(text) for text in texts]


def pins() -> dict[str, tuple[str, str, int]]:
    """What the lock says: name → (version, marker, number of hashes)."""
    text = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    found: dict[str, tuple[str, str, int]] = {}
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        if match := re.match(r"([a-z0-9._-]+)==(\S+)(?: ; ([^\\\n]+))?", entry):
            name, version, marker = match.groups()
            found[canonicalize_name(name)] = (version, (marker or "").strip(), entry.count("--hash=sha256:"))
    return found


def test_every_room_is_there() -> None:
    assert {path.relative_to(CHECKOUT).parts[0] for path in FILES} == set(ROOMS)


def test_nobody_else_owns_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    others = {
        name: set(owners.get(name, ())) - {"knockon"} for name in (*ROOMS, "tests", "benchmarks", "scripts")
    }
    assert not {name: who for name, who in others.items() if who}
    for room in ROOMS:
        spec = importlib.util.find_spec(room)
        assert spec is not None
        assert spec.origin == str(CHECKOUT / room / "__init__.py")


def test_a_file_says_its_purpose_first() -> None:
    mute = [
        name_of(path)
        for path in FILES
        if not (ast.get_docstring(tree := tree_of(path)) and tree.body[0].lineno == 1)
    ]
    assert not mute, "the first line of a file is a docstring that says its one purpose"


def test_only_settings_read_the_environment() -> None:
    readers = set()
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            by_attribute = isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
            by_option = isinstance(node, ast.keyword) and node.arg == "envvar"
            by_name = isinstance(node, ast.ImportFrom) and (
                node.module == "pydantic_settings"
                or (node.module == "os" and {a.name for a in node.names} & {"environ", "environb", "getenv"})
            )
            if by_attribute or by_option or by_name:
                readers.add(name_of(path))
    assert readers <= {"api/settings.py"}


def test_only_the_neo4j_store_imports_neo4j() -> None:
    users = {
        name_of(path)
        for path in FILES
        if any(module.split(".")[0] == "neo4j" for module, _ in imports(tree_of(path)))
    }
    assert users <= {"graph/stores/neo4j.py"}


def test_inside_the_house_names_come_from_the_file_that_defines_them() -> None:
    wrong = []
    for path in FILES:
        for module, names in imports(tree_of(path)):
            folder = CHECKOUT.joinpath(*module.split("."))
            if module.split(".")[0] not in ROOMS or not (folder / "__init__.py").is_file():
                continue
            handed_on = [n for n in names if not ((folder / f"{n}.py").is_file() or (folder / n).is_dir())]
            if handed_on or not names:
                wrong.append(f"{name_of(path)}: {module} {' '.join(handed_on)}")
    assert not wrong, "a package's __init__ hands names to outsiders only"


def test_what_is_imported_is_declared() -> None:
    owners = importlib.metadata.packages_distributions()
    asked = {canonicalize_name(Requirement(text).name) for text in PROJECT["project"]["dependencies"]}
    undeclared = set()
    for path in FILES:
        for module, _ in imports(tree_of(path)):
            top = module.split(".")[0]
            if top in ROOMS or top in sys.stdlib_module_names:
                continue
            if not {canonicalize_name(owner) for owner in owners.get(top, ())} & asked:
                undeclared.add(f"{name_of(path)}: {top}")
    assert not undeclared, "not among the project's dependencies in pyproject.toml"


def test_files_are_short() -> None:
    long = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in FILES}
    long = {name: lines for name, lines in long.items() if lines > MAX_LINES}
    assert not {name: lines for name, lines in long.items() if name not in LONG_FILES}
    assert set(LONG_FILES) <= set(long), "an exception that is needed no longer"


def test_functions_are_short_and_take_few_parameters() -> None:
    long, many = {}, {}
    for path in FILES:
        for function in functions(tree_of(path)):
            name = f"{name_of(path)}:{function.name}"
            if (lines := lines_of(function)) > MAX_FUNCTION_LINES:
                long[name] = lines
            if (taken := parameters_of(function)) > MAX_PARAMETERS and not takes_many_by_nature(function):
                many[name] = taken
    assert not {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS}
    assert not {name: taken for name, taken in many.items() if name not in MANY_PARAMETERS}
    assert set(LONG_FUNCTIONS) <= set(long), "an exception that is needed no longer"
    assert set(MANY_PARAMETERS) <= set(many), "an exception that is needed no longer"


def test_the_lock_pins_all_that_is_declared() -> None:
    locked = pins()
    for asked in declared():
        assert canonicalize_name(asked.name) in locked, f"{asked}: run `make lock`"
        version = locked[canonicalize_name(asked.name)][0]
        assert asked.specifier.contains(version), f"the lock has {asked.name} {version}, asked is {asked}"
    assert all(hashes for _, _, hashes in locked.values()), "every pin has its hashes"


def test_what_is_tested_is_what_the_lock_installs() -> None:
    here: dict[str, str] = {
        canonicalize_name(dist.metadata["Name"]): dist.version for dist in importlib.metadata.distributions()
    }
    other = {
        name: (version, here.get(name))
        for name, (version, marker, _) in pins().items()
        if (not marker or Marker(marker).evaluate()) and here.get(name) != version
    }
    assert not other, "run `make setup`"


def test_make_has_every_target() -> None:
    text = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):(?!=)", text, re.MULTILINE))
    assert {"help", "setup", "check", "test", "test-long", "demo", "bench", "lock"} <= targets
    assert {"neo4j-up", "neo4j-down"} <= targets


def test_no_file_names_a_machine_or_a_registry() -> None:
    machine = re.compile(r"(?<![\w./:-])/(?:(?:work|root)\b|home/\w|Users/\w|opt/\w|mnt/\w|tmp/\w)")
    registry = re.compile(
        r"pypi\.org|pythonhosted\.org|registry\.npmjs|repo1?\.maven|proxy\.golang|deb\.debian\.org"
        r"|--(?:extra-)?index-url|--find[-]links"
    )
    named = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        named += [
            f"{name_of(path)}:{number}: {match.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            if (match := machine.search(line) or registry.search(line))
        ]
    assert not named
