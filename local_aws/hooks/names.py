"""Compares the MiniStack names that our modules use with the installed MiniStack.

The names are read from our modules' source, so the list is complete. `ministack_names.txt` has their shapes at the time
when the modules were written. `python -m local_aws hooks --write-names` writes that file again; its diff then shows the
changes of a new MiniStack release.
"""

import ast
import functools
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

import local_aws
from local_aws.hooks.target import Target

NAMES_FILE = Path(__file__).with_name("ministack_names.txt")
_ROOT = Path(local_aws.__file__).parent
_NOT_OURS = ("tests",)


def differences(targets: Iterable[str]) -> list[str]:
    """The differences, one sentence each, with the modules that use the name; `targets` are the names of hooks."""
    expected = read()
    wrong = [f"{name} is not in {NAMES_FILE.name}" for name in sorted(set(targets) - set(expected))]
    for name, shape in expected.items():
        if problem := _difference(name, shape):
            wrong.append(f"{problem} (used by {', '.join(_users(name)) or 'a hook'})")
    return wrong


def _difference(name: str, expected: str) -> str | None:
    try:
        shape = Target(name).shape()
    except LookupError as error:
        return str(error)
    return None if shape == expected else f"{name} has shape {shape}, expected {expected}"


def read() -> dict[str, str]:
    """Read the expected shapes by name."""
    lines = NAMES_FILE.read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


def written(targets: Iterable[str]) -> str:
    """The text of the names file for the installed MiniStack. Call this before hooks are installed."""
    names = sorted({*touched_by_all(), *targets})
    title = (
        "# Written by `python -m local_aws hooks --write-names`: MiniStack's names that we touch, and their shapes.\n"
    )
    return title + "".join(f"{name} {Target(name).shape()}\n" for name in names)


def touched_by_all() -> set[str]:
    """The names that any of our modules uses."""
    return {name for names in _touched_by_module().values() for name in names}


def _users(name: str) -> list[str]:
    return sorted(module for module, names in _touched_by_module().items() if name in names)


@functools.cache
def _touched_by_module() -> dict[str, set[str]]:
    return {
        ".".join(path.relative_to(_ROOT).with_suffix("").parts): touched(ast.parse(path.read_text()))
        for path in sorted(_ROOT.rglob("*.py"))
        if path.relative_to(_ROOT).parts[0] not in _NOT_OURS
    }


def touched(program: ast.AST) -> set[str]:
    """The MiniStack names that a program imports, reads or sets."""
    modules, names = _imported(program)
    return names | {f"{modules[name]}:{attribute}" for name, attribute in _attributes(program) if name in modules}


def _imported(program: ast.AST) -> tuple[dict[str, str], set[str]]:
    """The MiniStack modules by the names that a program gives them, and what it imports out of others."""
    modules: dict[str, str] = {}
    names: set[str] = set()
    for node in ast.walk(program):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "ministack":
            for alias in node.names:
                if _is_module(f"{node.module}.{alias.name}"):
                    modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                else:
                    names.add(f"{node.module}:{alias.name}")
    return modules, names


def _attributes(program: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(program):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
