"""Finds what the code says to people: every message, remedy, reason, warning and help text, read with `ast`.

A sentence is what is handed to a parameter called message, remedy, reason, title or detail, to `warn`, or to
typer as help. It is read as far as it is written: f-strings, conditions, names, what a function of the house
returns. What is written nowhere (a number, the name of a company) is a blank, None.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import Formatter

Template = tuple[str | None, ...]
Function = ast.FunctionDef | ast.AsyncFunctionDef

BLANK: Template = (None,)
SAID = ("message", "remedy", "reason", "title", "detail")  # parameters that take a sentence
_PASSED_ON = (*SAID, "error", "msg", "phrase", "strerror", "warning")  # attributes that hold one
_SAY = ("warning", "_remedy")  # functions that return one
_LETTERS = re.compile("[a-z]{2}|[A-Z][a-z]")


@dataclass(frozen=True)
class Found:
    """A sentence in the code: where it stands, and its parts."""

    place: str
    template: Template

    @property
    def is_written(self) -> bool:
        """Whether any of it is words."""
        return any(part and _LETTERS.search(part) for part in self.template)


class File:
    """A parsed file: its functions, classes and constants by name, what it imports, what calls what."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.nodes: list[tuple[ast.AST, Function | None]] = []  # each with the function around it
        self.functions: dict[str, list[Function]] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.imported: dict[str, str] = {}  # name -> the file it is taken from
        self.calls: dict[str, list[ast.Call]] = {}
        self.constants: dict[str, list[ast.expr]] = {}
        self._walk(self.tree, None)
        for node in self.tree.body:
            for target, value in _assigned(node):
                if isinstance(target, ast.Name):
                    self.constants.setdefault(target.id, []).append(value)

    def _walk(self, node: ast.AST, function: Function | None) -> None:
        self.nodes.append((node, function))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.functions.setdefault(node.name, []).append(node)
            function = node
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            path = node.module.replace(".", "/") + ".py"
            self.imported |= {alias.asname or alias.name: path for alias in node.names}
        elif isinstance(node, ast.Call):
            self.calls.setdefault(called(node), []).append(node)
        for child in ast.iter_child_nodes(node):
            self._walk(child, function)


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: its file, and the function around it."""

    file: File
    function: Function | None


Value = tuple[ast.expr, Scope]


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Target and value of an assignment, of any kind."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value


def parameters(function: Function) -> list[str]:
    """The parameters of a function by place, without self."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _all_parameters(function: Function) -> list[str]:
    return [*parameters(function), *(a.arg for a in function.args.kwonlyargs)]


def _handed(call: ast.Call, names: Sequence[str]) -> Iterator[tuple[str, ast.expr]]:
    """What a call hands over, by the name of the parameter."""
    for name, given in zip(names, call.args, strict=False):
        if isinstance(given, ast.Starred):
            break
        yield name, given
    yield from ((k.arg, k.value) for k in call.keywords if k.arg)


class House:
    """All files that may say something."""

    def __init__(self, checkout: Path, rooms: Iterable[str]) -> None:
        paths = sorted(path for room in rooms for path in (checkout / room).rglob("*.py"))
        self.files = {name: File(p, name) for p in paths for name in [p.relative_to(checkout).as_posix()]}
        self._scopes = {
            node: Scope(file, function) for file in self.files.values() for node, function in file.nodes
        }
        self._bindings: dict[Function, list[tuple[ast.expr, ast.expr, bool]]] = {}
        self._known: dict[tuple[ast.expr, Scope], list[Template]] = {}
        self._reading: set[ast.expr] = set()
        self._open: set[tuple[str, Scope]] = set()  # names that are being looked at

    # -- what takes a sentence ---------------------------------------------------------------------------

    def sentences(self) -> Iterator[Found]:
        """All that the code says, as often as it does."""
        for node, scope in self._scopes.items():
            for given in self._sinks(node, scope.file):
                yield from self._found(given, self._scopes[given])
            if isinstance(node, ast.Dict) and scope.file.name.startswith("api/"):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value in SAID:
                        yield from (found for found in self._found(value, scope) if found.is_written)

    def _sinks(self, node: ast.AST, file: File) -> Iterator[ast.expr]:
        if isinstance(node, ast.Return) and node.value is not None:
            function = self._scopes[node].function
            if function is not None and function.name in _SAY:
                yield node.value
        elif isinstance(node, ast.Assign) and ".damaged[" in ast.unparse(node.targets[0]):
            yield node.value
        elif isinstance(node, ast.Call):
            name = called(node)
            if name == "setdefault" and ".damaged." in ast.unparse(node.func):
                yield node.args[1]
            elif name in ("warn", "_warn", "ValueError") and len(node.args) == 1:
                yield node.args[0]
            elif name in ("Option", "Argument", "Typer"):
                yield from (k.value for k in node.keywords if k.arg == "help")
            else:
                takes = ["message", "remedy"] if name == "__init__" else self._takes(name, file)
                if not takes and any(k.arg == "remedy" for k in node.keywords):  # an error of some kind
                    takes = ["message", "remedy"]
                yield from (given for key, given in _handed(node, takes) if key in SAID and key in takes)
                for given in node.args:
                    if isinstance(given, ast.Starred):
                        yield from self._starred(given.value, takes)

    def _takes(self, name: str, file: File) -> list[str]:
        """The parameters by place of a class or a function."""
        source = self.files.get(file.imported.get(name, ""), file)
        if name in source.classes:
            return self._makes(source.classes[name], source)
        found = source.functions.get(name) or [
            f for each in self.files.values() for f in each.functions.get(name, ())
        ]
        return _all_parameters(found[0]) if found else []

    def _makes(self, node: ast.ClassDef, file: File) -> list[str]:
        for made in node.body:
            if isinstance(made, ast.FunctionDef) and made.name == "__init__":
                return _all_parameters(made)
        targets = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        if targets or not bases:
            return [target.id for target in targets if isinstance(target, ast.Name)]
        return self._takes(bases[0], file)

    def _starred(self, given: ast.expr, takes: Sequence[str]) -> Iterator[ast.expr]:
        """`Problem(*found)`, where a function of the house returned what was found."""
        for value, where in self._values(given, self._scopes[given]) if set(takes) & set(SAID) else ():
            for returned, _ in self._returned(value, where) if isinstance(value, ast.Call) else ():
                if isinstance(returned, ast.Tuple):
                    pairs = zip(takes, returned.elts, strict=True)
                    yield from (each for name, each in pairs if name in SAID)

    def _found(self, given: ast.expr, scope: Scope) -> Iterator[Found]:
        place = f"{scope.file.name}:{given.lineno}"
        for template in dict.fromkeys(self.read(given, scope)):
            found = Found(place, template)
            if found.is_written or (None in template and not _passed_on(given)):
                yield found

    # -- what an expression says -------------------------------------------------------------------------

    def read(self, node: ast.expr, scope: Scope) -> list[Template]:
        """All that an expression may say."""
        if node in self._reading:
            return [BLANK]
        if (node, scope) not in self._known:
            self._reading.add(node)
            self._known[node, scope] = list(dict.fromkeys(map(_joined, self._read(node, scope))))
            self._reading.remove(node)
        return self._known[node, scope]

    def _read(self, node: ast.expr, scope: Scope) -> list[Template]:
        if isinstance(node, ast.Constant):
            return [(node.value,)] if isinstance(node.value, str) else [BLANK]
        if isinstance(node, ast.JoinedStr):
            return self._product([self._part(value, scope) for value in node.values])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._product([self.read(node.left, scope), self.read(node.right, scope)])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "format":
                return [_unfilled(template) for template in self.read(node.func.value, scope)]
            if node.func.attr in ("strip", "lstrip", "rstrip", "removesuffix", "removeprefix"):
                return self.read(node.func.value, scope)
            if ast.unparse(node.func) == "'; '.join" and isinstance(node.args[0], ast.GeneratorExp):
                return self.read(node.args[0].elt, scope)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            *others, last = [self.read(value, scope) for value in node.values]
            return [template for each in others for template in each if template != ("",)] + last
        found: list[Template] = []
        for value, where in self._values(node, scope):
            found += [BLANK] if value is node else self.read(value, where)
        prose = any(part and " " in part for template in found for part in template)
        if not prose:  # a name that may be empty is a name: where it is, the sentence is another
            found = [template for template in found if template != ("",)]
        return found or [BLANK]

    def _part(self, node: ast.expr, scope: Scope) -> list[Template]:
        if not isinstance(node, ast.FormattedValue):
            return self.read(node, scope)
        shaped = node.conversion != -1 or node.format_spec is not None
        return [BLANK] if shaped else self.read(node.value, scope)

    @staticmethod
    def _product(parts: Sequence[list[Template]]) -> list[Template]:
        return [tuple(part for each in chosen for part in each) for chosen in product(*parts)]

    def _values(self, node: ast.expr, scope: Scope) -> list[Value]:
        """The expressions whose value this one may have; itself if it says nothing of them."""
        if isinstance(node, ast.IfExp):
            return [(node.body, scope), (node.orelse, scope)]
        if isinstance(node, ast.BoolOp):
            return [(value, scope) for value in node.values]
        if isinstance(node, ast.NamedExpr):
            return [(node.value, scope)]
        if isinstance(node, ast.Name):
            return self._named(node.id, scope) or [(node, scope)]
        if isinstance(node, ast.Call):
            return self._looked_up(node, scope) or self._returned(node, scope) or [(node, scope)]
        return [(node, scope)]

    def _named(self, name: str, scope: Scope) -> list[Value]:
        """What is assigned or handed to a name."""
        if (name, scope) in self._open:
            return []
        self._open.add((name, scope))
        try:
            return self._told(name, scope)
        finally:
            self._open.remove((name, scope))

    def _told(self, name: str, scope: Scope) -> list[Value]:
        found: list[Value] = []
        function = scope.function
        if function is not None:
            for target, value, is_loop in self._bound_in(function):
                if name in {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}:
                    for each, where in self._items(value, scope) if is_loop else [(value, scope)]:
                        found += self._bound(name, target, each, where)
            names = parameters(function)
            if name in (*names, *(a.arg for a in function.args.kwonlyargs)):
                for call in scope.file.calls.get(function.name, ()) if function.name != "__init__" else ():
                    given = dict(_handed(call, names)).get(name)
                    found += [(given, self._scopes[call])] if given is not None else []
        if not found:
            found = [(value, Scope(scope.file, None)) for value in scope.file.constants.get(name, ())]
        return found

    def _bound_in(self, function: Function) -> list[tuple[ast.expr, ast.expr, bool]]:
        """The targets and values in a function, and whether a loop goes through the value."""
        if function not in self._bindings:
            found = self._bindings[function] = []
            for node in ast.walk(function):
                found += [(target, value, False) for target, value in _assigned(node)]
                if isinstance(node, ast.For | ast.comprehension):
                    found.append((node.target, node.iter, True))
        return self._bindings[function]

    def _bound(self, name: str, target: ast.expr, value: ast.expr, scope: Scope) -> list[Value]:
        """What a name is bound to where a target takes a value."""
        if isinstance(target, ast.Name):
            return [(value, scope)] if target.id == name else []
        if not isinstance(target, ast.Tuple):
            return []
        found: list[Value] = []
        for each, where in self._values(value, scope):
            if isinstance(each, ast.Tuple) and len(each.elts) == len(target.elts):
                for inner, got in zip(target.elts, each.elts, strict=True):
                    found += self._bound(name, inner, got, where)
        return found

    def _items(self, node: ast.expr, scope: Scope) -> list[Value]:
        """What a loop goes through, where that is written down, or given by a generator of the house."""
        if isinstance(node, ast.Call) and called(node) == "items" and isinstance(node.func, ast.Attribute):
            tables = [(v, at) for v, at in self._values(node.func.value, scope) if isinstance(v, ast.Dict)]
            return [
                (ast.Tuple([key, value]), where) for table, where in tables
                for key, value in zip(table.keys, table.values, strict=True) if key is not None
            ]  # fmt: skip
        found: list[Value] = []
        for value, where in self._values(node, scope):
            if isinstance(value, ast.Tuple | ast.List):
                found += [(each, where) for each in value.elts]
            elif isinstance(value, ast.Call):
                found += self._given_by(value, where, ast.Yield)
        return found

    def _looked_up(self, call: ast.Call, scope: Scope) -> list[Value]:
        """The values of a table written down that is asked by `get`."""
        if called(call) != "get" or not isinstance(call.func, ast.Attribute):
            return []
        for value, where in self._values(call.func.value, scope):
            if isinstance(value, ast.Dict):
                return [(each, where) for each in (*value.values, *call.args[1:])]
        return []

    def _returned(self, call: ast.Call, scope: Scope) -> list[Value]:
        """What a call returns, of a function of the house or of `next`."""
        if called(call) == "next" and isinstance(call.args[0], ast.GeneratorExp):
            return [(call.args[0].elt, scope), *((each, scope) for each in call.args[1:])]
        return self._given_by(call, scope, ast.Return)

    def _given_by(self, call: ast.Call, scope: Scope, how: type[ast.Return] | type[ast.Yield]) -> list[Value]:
        """What a function of the house returns or yields, if one only has the name that is called."""
        name = called(call)
        found = scope.file.functions.get(name) or [
            f for file in self.files.values() for f in file.functions.get(name, ())
        ]
        if len(found) != 1 or any(name in file.classes for file in self.files.values()):
            return []
        given = [node for node in ast.walk(found[0]) if isinstance(node, how)]
        return [(node.value, self._scopes[node]) for node in given if node.value is not None]


def _joined(template: Template) -> Template:
    """The same without two texts or two blanks in a row."""
    made: list[str | None] = []
    for part in template:
        if made and part is not None and made[-1] is not None:
            made[-1] += part
        elif not made or part is not None or made[-1] is not None:
            made.append(part)
    return tuple(made)


def _passed_on(given: ast.expr) -> bool:
    """Whether a sentence that was read elsewhere is handed on, by its name or in a document."""
    if isinstance(given, ast.Call):
        return called(given) in ("say", "said", "sentence")  # phrases that stand in both languages
    name = getattr(given, "attr", getattr(given, "id", ""))
    if isinstance(given, ast.Subscript) and isinstance(given.slice, ast.Constant):
        name = given.slice.value
    return name in _PASSED_ON


def _unfilled(template: Template) -> Template:
    """A text with {…} as parts."""
    made: list[str | None] = []
    for part in template:
        if part is None:
            made.append(None)
            continue
        for text, field, _, _ in Formatter().parse(part):
            made += [text, *([None] if field is not None else [])]
    return tuple(made)
