"""Every MiniStack name that we touch is checked at start: a changed MiniStack is refused and never half works."""

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

import local_aws
from local_aws import hooks
from local_aws.hooks import Hook, IncompatibleMiniStack, check

ROOT = Path(local_aws.__file__).parent
MODULES = sorted(
    path
    for path in ROOT.rglob("*.py")
    if "ministack" in path.read_text() and "tests" not in path.relative_to(ROOT).parts
)
EXTENSIONS = [ROOT / f"{name.replace('.', '/')}.py" for name in hooks.EXTENSIONS]


def is_module(name: str) -> bool:
    """Whether a dotted name is a module rather than something in one."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def touched(tree: ast.AST) -> set[str]:
    """The MiniStack names that a program imports, reads or replaces, as hooks write them."""
    names: set[str] = set()
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "ministack":
            for each in node.names:
                if is_module(f"{node.module}.{each.name}"):
                    aliases[each.asname or each.name] = f"{node.module}.{each.name}"
                else:
                    names.add(f"{node.module}:{each.name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            names.add(f"{aliases[node.value.id]}:{node.attr}")
    return names


def hooked(path: Path) -> set[str]:
    """The names that a module's own HOOKS check."""
    name = ".".join(("local_aws", *path.relative_to(ROOT).with_suffix("").parts))
    return {hook.target for hook in getattr(importlib.import_module(name), "HOOKS", ())}


def test_what_is_touched_is_found():
    program = (
        "from ministack.core import persistence as kept\nfrom ministack.app import save_all\nkept.STATE_DIR = ''\n"
    )
    assert touched(ast.parse(program)) == {"ministack.app:save_all", "ministack.core.persistence:STATE_DIR"}


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.stem)
def test_an_extension_checks_every_name_it_touches(path):
    assert touched(ast.parse(path.read_text())) <= hooked(path)


@pytest.mark.parametrize("path", [path for path in MODULES if path not in EXTENSIONS], ids=lambda path: path.stem)
def test_what_the_rest_touches_is_checked_by_some_part(path):
    assert touched(ast.parse(path.read_text())) <= set().union(*map(hooked, MODULES))


def test_a_part_that_does_not_fit_is_named():
    class Part:
        __name__ = "local_aws.web.fronts"
        HOOKS = (Hook("ministack.app:never_there", ""),)

    with pytest.raises(IncompatibleMiniStack, match=r"fronts and ministack .*never_there is gone"):
        check(Part())
