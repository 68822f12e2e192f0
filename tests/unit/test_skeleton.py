"""All apps have the same inside: what architecture.md says of an app's files."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.apps import find_apps

ROOT = Path(__file__).parents[2]
APPS = find_apps(ROOT)
by_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)

EVERY_APP_HAS = {"composition", "configuration", "errors", "problems", "routes", "settings"}
STREAMS = ("app.on_dynamodb_record", "app.on_kinesis_record")
# An app.py is read in one go.
MOST_LINES_OF_APP_PY = 200


def domain(app) -> Path:
    """The folder of an app's own package."""
    return app.folder / "chalicelib" / app.name


def modules(app) -> list[Path]:
    """Every module of an app's own package."""
    return sorted(domain(app).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def decorators(function: ast.FunctionDef) -> list[str]:
    """The names of a function's decorators that are calls, such as `routes.route`."""
    return [ast.unparse(one.func) for one in function.decorator_list if isinstance(one, ast.Call)]


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """A module's own functions, without those inside others."""
    yield from (node for node in tree(path).body if isinstance(node, ast.FunctionDef))


def adapters(app) -> dict[str, Path]:
    """The classes that call AWS, and their modules: they are made with something that makes a client."""
    return {
        node.name: path
        for path in modules(app)
        for node in tree(path).body
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__"
        if "client" in [argument.arg for argument in method.args.args]
    }


def imported_modules(path: Path) -> set[str]:
    nodes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{name.name}" for node in nodes for name in node.names} | {
        str(node.module) for node in nodes
    }


@by_app
def test_every_app_has_the_same_modules_beside_its_subjects(app):
    assert {path.stem for path in domain(app).glob("*.py")} >= EVERY_APP_HAS
    subjects = [path for path in domain(app).iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert subjects
    for subject in subjects:
        assert ast.get_docstring(tree(subject / "__init__.py")), subject


@by_app
def test_app_py_has_handlers_only(app):
    path = app.folder / "app.py"
    assert len(path.read_text().splitlines()) < MOST_LINES_OF_APP_PY
    assert not [node.name for node in tree(path).body if isinstance(node, ast.ClassDef)]
    for function in functions(path):
        (decorator,) = decorators(function)
        assert decorator.startswith("app."), function.name


def stream_functions(app) -> list[ast.FunctionDef]:
    """The functions that read a stream."""
    return [one for one in functions(app.folder / "app.py") if decorators(one)[0] in STREAMS]


def test_there_are_functions_that_read_a_stream():
    assert len([function for app in APPS for function in stream_functions(app)]) >= 4


@by_app
def test_what_would_succeed_later_is_retried_by_age_and_then_a_dead_letter(app):
    """An operator has 20 hours to repair a permission, and four more before the stream forgets the records."""
    sources = app.stage("local").event_sources
    for function in stream_functions(app):
        settings = sources[function.name]
        assert (settings.maximum_retry_attempts, settings.maximum_record_age_in_seconds) == (-1, 20 * 3600)
        assert settings.on_failure_destination == "StreamDeadLettersArn"
        assert settings.function_response_types == ["ReportBatchItemFailures"]
        assert settings.bisect_batch_on_function_error


@by_app
def test_routes_are_declared_in_routes_modules_and_nowhere_else(app):
    declaring = {path for path in modules(app) for one in functions(path) if "route" in "".join(decorators(one))}
    assert declaring == {path for path in modules(app) if path.name == "routes.py"}
    for path in declaring:
        for function in functions(path):
            assert [name.rpartition(".")[2] for name in decorators(function)] in (["route"], []), function.name


@by_app
def test_adapters_are_made_by_the_composition_only(app):
    classes = adapters(app)
    assert classes
    compositions = {domain(app) / "composition.py", domain(app) / "operators.py"}
    for path in [app.folder / "app.py", app.folder / "tasks.py", *modules(app)]:
        calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        made = {node.func.id for node in calls if isinstance(node.func, ast.Name)} & classes.keys()
        assert not made or path in compositions or path in classes.values(), (path, made)


@by_app
def test_app_and_tasks_use_the_composition(app):
    composition, operators = (f"chalicelib.{app.name}.{name}" for name in ("composition", "operators"))
    assert composition in imported_modules(app.folder / "app.py")
    assert operators not in imported_modules(app.folder / "app.py")
    assert {composition, operators} & imported_modules(app.folder / "tasks.py")


@by_app
def test_ports_are_protocols_values_and_exceptions(app):
    for path in modules(app):
        if path.name == "ports.py":
            for node in (node for node in tree(path).body if isinstance(node, ast.ClassDef)):
                bases = {ast.unparse(base) for base in node.bases}
                assert bases & {"Protocol", "msgspec.Struct", "Exception", "TryAgain"}, f"{path}: {node.name}"


@by_app
def test_no_field_of_a_log_line_has_the_name_of_a_log_records_own(app):
    """`logging` raises KeyError for these: the function fails after its work is done."""
    own = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
    calls = (node for path in [app.folder / "app.py", *modules(app)] for node in ast.walk(tree(path)))
    fields = {
        key.value
        for call in calls
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict)
        for key in keyword.value.keys
        if isinstance(key, ast.Constant)
    }
    assert fields & own == set()
