"""Each app's page says what its code says: routes, fields, parameters, problems, tables, settings, roles."""

import importlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest

from common.http import problems
from deploy.apps import App, find_apps
from deploy.steps.template import output_names, parameter_names
from tests.apps import put_on_path
from tests.documentation import DOCS, README, ROOT, names, rows, section, tables

Schema = dict[str, Any]
ROUTE = re.compile(r'^@\w+\.route\(\s*"([A-Z]+)",\s*"([^"]+)".*?\ndef (\w+)\(', re.DOTALL | re.MULTILINE)
NUMBERS = ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "default")
APPS = find_apps(ROOT)
by_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)


def page(app: App) -> str:
    return (DOCS / f"{app.name}.md").read_text()


def sources(app: App) -> str:
    """All code of an app."""
    return "\n".join(path.read_text() for path in [*app.folder.glob("*.py"), *app.folder.glob("chalicelib/**/*.py")])


def module_of(app: App, name: str) -> ModuleType:
    put_on_path(app.key)
    return importlib.import_module(f"chalicelib.{app.name}.{name}")


def contract(app: App) -> Schema:
    """The app's openapi.json, which `make check` holds against its routes."""
    return json.loads((app.folder / "openapi.json").read_text())


def operations(app: App) -> Iterator[tuple[str, Schema]]:
    """Every operation of the contract, with its path."""
    return ((path, operation) for path, by_method in contract(app)["paths"].items() for operation in by_method.values())


@by_app
def test_the_readme_and_the_architecture_name_the_app(app):
    assert f"`{app.key}`" in README.read_text()
    assert f"(docs/{app.name}.md)" in README.read_text()
    assert f"[{app.key}/]" in (DOCS / "architecture.md").read_text()


# ---- routes ---------------------------------------------------------------------------------------------------------


@by_app
def test_the_routes_table_is_what_the_code_declares(app):
    declared = ROUTE.findall(sources(app))
    paths = contract(app)["paths"]
    assert {(method, path) for method, path, _ in declared} == {
        (method.upper(), path) for path, by_method in paths.items() for method in by_method
    }
    table = [row for row in rows(section(page(app), "The API")) if re.fullmatch(r"[A-Z]+", row[0])]
    assert sorted((row[0], row[1].strip("`"), re.search(r"`(\w+)`", row[3])[1]) for row in table) == sorted(declared)


@by_app
def test_the_link_of_a_route_leads_to_its_code(app):
    for name, link in re.findall(r"\[`(\w+)`\]\(\.\./([^)]+)\)", section(page(app), "The API")):
        assert f"\ndef {name}(" in (ROOT / link).read_text(), name


@by_app
def test_the_page_links_to_every_file_with_routes(app):
    files = [path for path in app.folder.glob("chalicelib/**/*.py") if ROUTE.search(path.read_text())]
    assert files
    for path in files:
        assert f"](../{path.relative_to(ROOT)})" in page(app)


# ---- fields and parameters ------------------------------------------------------------------------------------------


@by_app
def test_every_resource_has_a_table_of_its_fields_with_their_limits(app):
    resources = [fields_by_name(sent + returned) for sent, returned in resource_bodies(app)]
    field_tables = tables(section(page(app), "The API"), "field")
    assert sorted(map(sorted, field_tables)) == sorted(map(sorted, resources))
    for fields in resources:
        (table,) = (table for table in field_tables if table.keys() == fields.keys())
        for name, schemas in fields.items():
            assert_stated(schemas, table[name])


@by_app
def test_required_and_read_only_fields_are_marked(app):
    field_tables = tables(section(page(app), "The API"), "field")
    for sent, returned in resource_bodies(app):
        (table,) = (table for table in field_tables if table.keys() == fields_by_name(sent + returned).keys())
        required = {name for schema in sent for name in schema["required"]}
        changeable = {name for name, schemas in fields_by_name(sent).items() if "readOnly" not in schemas[0]}
        assert {name for name, row in table.items() if row[-1] == "required"} == required
        assert {name for name, row in table.items() if row[-1] == "read-only"} == table.keys() - changeable


@by_app
def test_every_query_parameter_is_in_a_table_with_its_limits(app):
    parameter_tables = tables(section(page(app), "The API"), "parameter")
    table = {name: row for parameters in parameter_tables for name, row in parameters.items()}
    declared = [one for _, operation in operations(app) for one in operation.get("parameters", [])]
    query = [parameter for parameter in declared if parameter["in"] == "query"]
    assert table.keys() == {parameter["name"] for parameter in query}
    for parameter in query:
        assert_stated([parameter["schema"]], table[parameter["name"]])


def resource_bodies(app: App) -> list[tuple[list[Schema], list[Schema]]]:
    """For each resource, the schemas of the bodies that clients send to it, and of those that a 201 returns.

    A resource is everything at one path and below it.
    """
    resources: dict[str, tuple[list[Schema], list[Schema]]] = defaultdict(lambda: ([], []))
    for path, operation in operations(app):
        bodies = operation.get("requestBody"), operation["responses"].get("201")
        for body, schemas in zip(bodies, resources[path.partition("/{")[0]], strict=True):
            if body and "application/json" in body["content"]:
                component = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                schemas.append(contract(app)["components"]["schemas"][component])
    return [(sent, returned) for sent, returned in resources.values() if sent or returned]


def fields_by_name(schemas: list[Schema]) -> dict[str, list[Schema]]:
    """The schemas of each field: it may have one in a request and another in a response."""
    fields = defaultdict(list)
    for schema in schemas:
        for name, field in schema["properties"].items():
            fields[name].append(field)
    return fields


def assert_stated(schemas: list[Schema], row: list[str]) -> None:
    """Every number and every value that a schema names stands in the row."""
    words = re.findall(r"`[^`]+`|\d+(?:,\d{3})*", " ".join(row))
    for word in (word for schema in schemas for word in stated(schema)):
        assert word in words, f"{row[0]}: {word}"


def stated(schema: Schema) -> Iterator[str]:
    """A schema's numbers and values, as pages write them."""
    yield from (f"{abs(schema[name]):,}" for name in NUMBERS if type(schema.get(name)) is int)
    yield from (f"`{value}`" for value in schema.get("enum", []))
    inside = [schema["items"]] if "items" in schema else []
    for inner in [*schema.get("anyOf", []), *inside]:
        yield from stated(inner)


# ---- the rest of the page -------------------------------------------------------------------------------------------


@by_app
def test_the_problems_are_those_that_the_api_can_return(app):
    modules = (problems, module_of(app, "problems"))
    problem_types = [
        one for module in modules for one in vars(module).values() if isinstance(one, problems.ProblemType)
    ]
    problem_types += module_of(app, "problems").PROBLEMS.values()
    returned = {(str(one.status), one.name) for one in problem_types}
    for response in contract(app)["x-amazon-apigateway-gateway-responses"].values():
        if "statusCode" in response:
            problem = json.loads(response["responseTemplates"]["application/json"])
            returned.add((response["statusCode"], problem["type"].removeprefix(problems.TYPE_PREFIX)))
    table = rows(section(page(app), "Errors"))[1:]
    assert {(row[0], row[1].strip("`")) for row in table} == returned


@by_app
def test_the_items_of_the_tables_are_those_that_the_code_writes(app):
    """By the first word of their keys: `todo` of `todo#<id>`."""
    text = section(page(app), "The tables?")
    prefixes = set(re.findall(r"""["']([a-z]+)#""", sources(app)))
    assert prefixes <= set(re.findall(r"`([a-z]+)[#`]", text))
    assert set(re.findall(r"`([a-z]+)#", text)) <= prefixes
    partitions = {name.partition("#")[0] for name in names(text)}
    assert partitions
    assert partitions <= set(re.findall(r"""["'](\w+)["'#]""", sources(app)))


def test_the_attributes_of_a_to_do_are_described():
    (todo_app,) = (app for app in APPS if app.name == "todo")
    item = module_of(todo_app, "todos.todo_items").TodoItem
    attributes = {field.encode_name for field in msgspec.structs.fields(item)}
    assert attributes <= set(re.findall(r"`(\w+)`", section(page(todo_app), "The table")))


@by_app
def test_the_settings_are_those_that_the_functions_and_the_template_have(app):
    text = section(page(app), "Settings")
    fields = {field.name.upper() for field in msgspec.structs.fields(module_of(app, "settings").Settings)}
    assert {name for name in names(text) if name.isupper()} == fields
    assert {name for name in names(text) if not name.isupper()} == parameter_names(app)
    assert output_names(app)


@by_app
def test_the_roles_are_those_of_the_template(app):
    template = (app.folder / "resources.yaml").read_text()
    roles = set(re.findall(r"^  (\w+):\n    Type: AWS::IAM::Role$", template, re.MULTILINE))
    assert names(section(page(app), "Roles")) == roles
