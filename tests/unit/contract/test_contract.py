"""The contract is valid, complete, and the same as the code."""

import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from common.http import problems
from common.http.bodies import MAX_BYTES
from common.http.problems import ProblemType
from contract import gateway_responses, tracked
from contract.__main__ import main
from contract.schemas import NoExample, Schemas
from contract.validity import examples, faults
from deploy.apps import App, find_apps
from deploy.errors import DeployError
from tests.apps import ROOT

APPS = find_apps(ROOT)
(TODO,) = find_apps(ROOT, "todo_app")


def document(app: App) -> Any:
    return json.loads((app.folder / tracked.FILE_NAME).read_text())


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)
def test_the_tracked_contract_matches_the_code(app: App):
    tracked.check(app)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)
def test_every_body_has_an_example(app: App):
    shown = {place for place, _, _ in examples(document(app))}
    for path, operations in document(app)["paths"].items():
        for method in (method for method, operation in operations.items() if "requestBody" in operation):
            assert f"/paths/{path}/{method}/requestBody/content/application/json" in shown


# The escapes of a character beyond the Basic Multilingual Plane: RFC 8259, section 7.
LONGEST_CHARACTER = len(r"\ud83d\ude00")
LONGEST_NUMBER = 400


def longest(schema: Any, schemas: Any) -> int:
    """The bytes of a schema's longest value without white space. Of a list of objects, one: it can be sent in parts."""
    if "$ref" in schema:
        return longest(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return max(longest(choice, schemas) for choice in choices)
    if schema.get("type") == "object":
        fields = schema["properties"].items()
        return 2 + sum(LONGEST_CHARACTER * len(name) + 4 + longest(field, schemas) for name, field in fields)
    if schema.get("type") == "array":
        are_texts = schema["items"].get("type") == "string"
        return 2 + (schema["maxItems"] if are_texts else 1) * (1 + longest(schema["items"], schemas))
    if "maxLength" in schema:
        return 2 + LONGEST_CHARACTER * int(schema["maxLength"])
    # A pattern or a number of a certain length.
    return LONGEST_NUMBER


@pytest.mark.parametrize(
    "app", [app for app in APPS if "requestBody" in json.dumps(document(app))], ids=lambda app: app.key
)
def test_every_body_that_a_contract_allows_can_be_sent_in_every_encoding(app: App):
    described = document(app)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if body := operation.get("requestBody"):
                schema = body["content"]["application/json"]["schema"]
                assert longest(schema, described["components"]["schemas"]) < MAX_BYTES * 0.9, (path, method)


def test_an_example_that_is_not_valid_for_its_schema_is_found():
    wrong = document(TODO)
    wrong["components"]["schemas"]["NewTodo"]["properties"]["title"]["examples"] = [""]
    assert any("NewTodo/properties/title" in fault for fault in faults(wrong))


def test_invalid_openapi_is_found():
    wrong = document(TODO)
    del wrong["info"]["version"]
    assert faults(wrong)


def test_a_contract_that_differs_from_the_code_is_refused(tmp_path: Path):
    app = App(Path(shutil.copytree(TODO.folder, tmp_path / TODO.key, symlinks=True)))
    code = app.folder / "chalicelib" / "todo" / "todos" / "routes.py"
    code.write_text(code.read_text().replace('summary="List to-dos"', 'summary="Show to-dos"'))
    with pytest.raises(DeployError, match="make contract"):
        tracked.check(app)
    root = ["--root", str(tmp_path)]
    assert main([*root, "--check"]) == 1
    assert main(root) == 0
    assert main([*root, "--check"]) == 0


def test_a_field_without_an_example_is_named_in_the_error():
    with pytest.raises(NoExample, match=r"Thing\.name"):
        Schemas([]).example({"type": "object", "properties": {"name": {"type": "string"}}}, "Thing")


def test_a_dictionary_has_an_example_of_one_entry():
    numbers = dict[str, Annotated[int, msgspec.Meta(examples=[3])]]
    assert Schemas([numbers]).example(Schemas([numbers]).of(numbers), "Thing") == {"name": 3}
    for kind in (dict[str, int], dict, list, Any):
        with pytest.raises(NoExample, match="Thing"):
            Schemas([kind]).example(Schemas([kind]).of(kind), "Thing")


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)
def test_the_gateways_own_problems_are_the_functions_problems(app: App):
    """API Gateway's own responses have the status, type and title of a problem of the functions."""
    known = {(kind.status, kind.type, kind.title) for kind in vars(problems).values() if isinstance(kind, ProblemType)}
    own = {(kind.status, kind.type, kind.title) for kind in gateway_responses.ANY_OPERATION}
    answered = set()
    for response in document(app)[gateway_responses.EXTENSION].values():
        if "statusCode" in response:
            body = json.loads(response["responseTemplates"]["application/json"])
            assert response["statusCode"] == str(body["status"])
            answered.add((body["status"], body["type"], body["title"]))
    assert len(answered) > len(own)
    assert answered <= known | own
