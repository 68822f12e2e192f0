"""The documents say what the code says: routes, settings, targets, commands, extensions, links."""

import argparse
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from common.http import problems
from deploy import cli, settings
from deploy.apps import find_apps
from deploy.steps.template import output_names, parameter_names
from local_aws.faults import rules as fault_rules
from tests.apps import put_on_path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EMBEDDED_AWS = ROOT / "local_aws" / "README.md"
PAGES = [ROOT / "README.md", EMBEDDED_AWS, *sorted(DOCS.glob("*.md"))]
APPS = find_apps(ROOT)
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
DECLARES_HOOK = re.compile(r"^(?:@(?:\w+\.)?around|@?(?:wraps|replaces)|put)\(", re.MULTILINE)
CODE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
by_name = pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
by_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)


def app_page(app) -> str:
    """An app's own page."""
    return (DOCS / f"{app.name}.md").read_text()


def section(page: str, title: str) -> str:
    """What stands below one heading, up to the next of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n", page, re.MULTILINE)
    assert found, f"no section {title}"
    return re.split(rf"^#{{1,{len(found[1])}}} ", page[found.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|--")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(text: str, column: int = 0) -> set[str]:
    """What stands as code in one column of a text's tables; a row's first such word."""
    cells = [row[column] for row in rows(text) if len(row) > column]
    return {found[1] for cell in cells if (found := re.match(r"`([^`]+)`", cell))}


def commands() -> Iterator[tuple[Path, str]]:
    """Every line of a shell block, and every inline command."""
    for page in PAGES:
        text = page.read_text()
        for language, block in CODE.findall(text):
            if language == "sh":
                yield from ((page, line) for line in block.splitlines())
        prose = CODE.sub("", text)
        yield from ((page, " ".join(found.split())) for found in re.findall(r"`([^`]+)`", prose))


def module_of(app, name: str):
    """A module of an app's domain."""
    put_on_path(app.key)
    return importlib.import_module(f"chalicelib.{app.name}.{name}")


def contract(app) -> dict:
    """The app's contract, which `make check` holds against its routes."""
    return json.loads((app.folder / "openapi.json").read_text())


# ---- apps -----------------------------------------------------------------------------------------------------------


@by_app
def test_every_app_is_in_the_readme_and_the_house(app):
    assert f"`{app.key}`" in PAGES[0].read_text()
    assert f"(docs/{app.name}.md)" in PAGES[0].read_text()
    assert f"[{app.key}/]" in (DOCS / "architecture.md").read_text()


def route_files(app) -> list[Path]:
    """The files that declare an app's routes."""
    files = [app.folder / "app.py", *sorted((app.folder / "chalicelib").rglob("*.py"))]
    return [path for path in files if re.search(r"^@\w+\.route\(", path.read_text(), re.MULTILINE)]


@by_app
def test_the_routes_table_is_what_the_code_declares(app):
    declaration = re.compile(r'^@\w+\.route\(\s*"([A-Z]+)",\s*"([^"]+)".*?\ndef (\w+)\(', re.DOTALL | re.MULTILINE)
    declared = [one for path in route_files(app) for one in declaration.findall(path.read_text())]
    operations = {(verb.upper(), path) for path, verbs in contract(app)["paths"].items() for verb in verbs}
    assert {(method, path) for method, path, _ in declared} == operations
    table = [row for row in rows(section(app_page(app), "The API")) if re.fullmatch(r"[A-Z]+", row[0])]
    assert sorted((row[0], row[1].strip("`"), re.search(r"`(\w+)`", row[3])[1]) for row in table) == sorted(declared)


@by_app
def test_a_routes_link_leads_to_its_code(app):
    for name, link in re.findall(r"\[`(\w+)`\]\(\.\./([^)]+)\)", section(app_page(app), "The API")):
        assert f"\ndef {name}(" in (ROOT / link).read_text(), name


@by_app
def test_the_settings_table_is_what_the_functions_read(app):
    text = section(app_page(app), "Settings")
    fields = {field.name.upper() for field in msgspec.structs.fields(module_of(app, "settings").Settings)}
    assert {name for name in names(text) if name.isupper()} == fields
    template = (app.folder / "resources.yaml").read_text()
    assert {name for name in names(text) if not name.isupper()} == parameter_names(template)
    assert output_names(template)


@by_app
def test_roles_and_table_items_are_the_templates_and_the_codes(app):
    template = (app.folder / "resources.yaml").read_text()
    roles = set(re.findall(r"^  (\w+):\n    Type: AWS::IAM::Role$", template, re.MULTILINE))
    assert names(section(app_page(app), "Roles")) == roles


def test_todo_fields_with_their_limits():
    (todo,) = (app for app in APPS if app.name == "todo")
    table = {row[0].strip("`"): " ".join(row) for row in rows(section(app_page(todo), "A to-do"))[1:]}
    schemas = contract(todo)["components"]["schemas"]
    assert set(table) == set(schemas["TodoView"]["properties"])
    for field, schema in schemas["NewTodo"]["properties"].items():
        for limit in limits(schema):
            assert f"{limit:,}" in table[field], f"{field}: {limit}"


def limits(schema: dict) -> Iterator[int]:
    """Lengths that a schema allows at most."""
    for name in ("maxLength", "maxItems"):
        if name in schema:
            yield schema[name]
    inside = [schema["items"]] if "items" in schema else []
    for inner in [*inside, *schema.get("anyOf", ())]:
        yield from limits(inner)


def test_todo_list_parameters_with_their_limits():
    (todo,) = (app for app in APPS if app.name == "todo")
    text = section(app_page(todo), "Lists: pages and filters")
    parameters = contract(todo)["paths"]["/todos"]["get"]["parameters"]
    query = {given["name"]: given["schema"] for given in parameters if given["in"] == "query"}
    assert names(text) == set(query)
    views = module_of(todo, "todos.views")
    assert f"1 to {views.MAX_LIMIT:,}; {views.DEFAULT_LIMIT} without it" in text


def test_todo_items_in_the_table_are_those_that_the_code_writes():
    (todo,) = (app for app in APPS if app.name == "todo")
    text = section(app_page(todo), "The table")
    items, table = module_of(todo, "todos.todo_items"), module_of(todo, "todos.todo_table")
    version = module_of(todo, "dynamodb_items").VERSION_KEY
    assert names(text) - {"key"} == {f"{items.TODO_PREFIX}<id>", version, f"{table.IDEMPOTENCY_PREFIX}<key>"}
    written = {field.encode_name for field in msgspec.structs.fields(items.TodoItem)} - {"key"}
    assert written <= set(re.findall(r"`(\w+)`", text))


def test_problems_are_those_that_the_code_answers():
    (todo,) = (app for app in APPS if app.name == "todo")
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, problems.ProblemType)]
    kinds += module_of(todo, "problems").PROBLEMS.values()
    known = {(str(kind.status), kind.name) for kind in kinds}
    for response in contract(todo)["x-amazon-apigateway-gateway-responses"].values():
        if "statusCode" in response:
            body = json.loads(response["responseTemplates"]["application/json"])
            known.add((response["statusCode"], body["type"].removeprefix(problems.TYPE_PREFIX)))
    table = rows(section(app_page(todo), "Errors"))[1:]
    assert {(row[0], row[1].strip("`")) for row in table} == known


# ---- tools ----------------------------------------------------------------------------------------------------------


def tool_commands() -> dict[str, argparse.ArgumentParser]:
    """The deploy tool's commands."""
    (subparsers,) = (action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction))
    return subparsers.choices


def test_every_deploy_command_is_in_its_table():
    text = section((DOCS / "deploy.md").read_text(), "The tool's commands")
    assert names(text) == set(tool_commands())


def test_every_make_target_is_in_its_table():
    text = section((DOCS / "deploy.md").read_text(), "Make targets")
    targets = {target for row in rows(text) for target in re.findall(r"`make ([a-z-]+)`", row[0])}
    assert targets == TARGETS
    variables = {name for name in names(text) if name.isupper()}
    assert variables == {"PORT", "STAGE", "APP", "TO", "BENCH", "PYTHON"}
    assert all(f"$({name}" in MAKEFILE or f",$({name})" in MAKEFILE for name in variables)


def test_every_make_command_names_targets_and_variables_that_exist():
    found = [(page, line) for page, line in commands() if re.match(r"make( |$)", line)]
    assert len(found) > 20
    for page, line in found:
        for word in line.split()[1:]:
            name, given, _ = word.partition("=")
            known = f"$({name})" in MAKEFILE if given else name in TARGETS
            assert known, f"{page.name}: {line}"


def test_every_deploy_command_line_is_one_that_the_tool_takes():
    found = [(page, line) for page, line in commands() if "python -m deploy " in line]
    assert len(found) > 5
    for page, line in found:
        words = re.split(r"[)\"';|]", line.partition("python -m deploy ")[2])[0].split()
        if words[0] == "COMMAND":
            continue
        assert words[0] in tool_commands(), f"{page.name}: {line}"
        options = {option for action in tool_commands()[words[0]]._actions for option in action.option_strings}
        unknown = [word for word in words if word.startswith("--") and word not in options]
        assert not unknown, f"{page.name}: {line}"


def test_options_named_in_the_tools_table_exist():
    text = section((DOCS / "deploy.md").read_text(), "The tool's commands")
    for row in rows(text)[1:]:
        parser = tool_commands()[row[0].strip("`")]
        known = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"`(--[a-z-]+)`", row[1])) <= known, row


def test_stages_are_those_of_the_apps():
    text = section((DOCS / "deploy.md").read_text(), "Stages")
    known = {stage for app in APPS for stage in settings.app_file(app.folder / "stages.yaml").stages}
    assert names(text) == known


def test_every_setting_of_stages_yaml_is_described():
    text = section((DOCS / "deploy.md").read_text(), "stages.yaml")
    structs = [kind for kind in vars(settings).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    fields = {field.name for struct in structs for field in msgspec.structs.fields(struct)}
    assert len(structs) > 5
    assert fields <= set(re.findall(r"`(\w+)`", text))
    tops = {
        field.name for struct in (settings.AppFile, settings.StageSettings) for field in msgspec.structs.fields(struct)
    }
    assert names(text) == tops


# ---- the embedded AWS -----------------------------------------------------------------------------------------------


def test_every_module_with_hooks_is_in_its_table():
    root = ROOT / "local_aws"
    modules = {
        ".".join(path.relative_to(root).with_suffix("").parts).removeprefix("services.")
        for package in ("faults", "services", "state")
        for path in (root / package).rglob("*.py")
        if DECLARES_HOOK.search(path.read_text())
    }
    assert names(section(EMBEDDED_AWS.read_text(), "Modules")) == modules


def test_every_field_of_a_fault_is_in_its_table():
    assert names(section(EMBEDDED_AWS.read_text(), "Faults")) == set(fault_rules._READERS)


def test_faults_in_examples_are_valid():
    text = EMBEDDED_AWS.read_text()
    rules = re.findall(r"-d '(\{.*?\})'", text)
    assert rules
    for rule in rules:
        fault_rules.parse_rule(json.loads(rule), {"dynamodb": "dynamodb"})


def test_ports_are_the_apps():
    table = rows(section(EMBEDDED_AWS.read_text(), "Addresses"))[1:]
    ports = {int(row[0]) for row in table}
    assert ports == {8000, *(8000 + app.port_offset for app in APPS), *(8440 + app.port_offset for app in APPS)}


# ---- all pages ------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@by_name
def test_relative_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page.read_text()))
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@by_name
def test_files_named_in_code_exist(page):
    for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|yaml|json|txt|md|toml))`", page.read_text()):
        generated = name.startswith(".")
        assert generated or (ROOT / name).exists(), name


@by_name
def test_no_page_names_a_path_of_a_machine(page):
    assert not re.findall(r"(?<![\w.:}])/(?:home|root|work|Users|mnt|opt|var)/\S*", page.read_text())


def test_every_top_level_folder_is_described():
    folders = section((DOCS / "architecture.md").read_text(), "The folders")
    named = set(re.findall(r"^\| \[([\w.]+)/\]", folders, re.MULTILINE))
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ignored}
    assert named == there


def test_every_step_of_up_is_in_its_table():
    steps = re.findall(r'progress\.step\(f?"(?:{self\.label})?(\d) ', (ROOT / "deploy" / "up.py").read_text())
    table = rows(section((DOCS / "architecture.md").read_text(), "How an `up` runs"))[1:]
    assert [row[0] for row in table] == sorted(set(steps))


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [PAGES[0]]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = re.findall(r"\]\(([\w./-]+\.md)", page.read_text())
        waiting += {(page.parent / link).resolve() for link in links} - reached
    assert reached == set(PAGES)


@by_app
def test_a_routes_code_is_two_hops_from_the_readme(app):
    assert f"(docs/{app.name}.md)" in PAGES[0].read_text()
    assert route_files(app)
    for path in route_files(app):
        assert f"](../{path.relative_to(ROOT)})" in app_page(app)
