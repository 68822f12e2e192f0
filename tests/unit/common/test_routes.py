"""Routes that are declared apart from the app that serves them."""

import logging
from typing import Any

import msgspec
import pytest
from chalice.app import Chalice, CognitoUserPoolAuthorizer, Response
from chalice.local import LocalGatewayAuthorizer
from chalice.test import Client

from common.http import responses
from common.http.api import Api
from common.http.operations import ResponseSpec
from common.http.problems import FORBIDDEN, UNAUTHENTICATED, ProblemType
from common.http.requests import ApiRequest
from common.http.routes import Routes

USERS = CognitoUserPoolAuthorizer("users", ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_users"])
MISSING = ProblemType(404, "missing", "It is missing")
LOCKED = ProblemType(409, "locked", "It is locked")


class Missing(Exception):
    """There is none."""


class Locked(Exception):
    """Nobody may write."""


class Greeting(msgspec.Struct):
    word: str = "hello"


class Composition(msgspec.Struct):
    name: str


class Authorizer(LocalGatewayAuthorizer):
    """Takes a token for the name of its user's group."""

    def authorize(self, raw_path: str, lambda_event: Any, lambda_context: Any) -> tuple[Any, Any]:
        lambda_event["requestContext"]["apiId"] = "local"
        if (token := lambda_event["headers"].get("authorization")) not in (None, "invalid"):
            claims = {"sub": "1", "token_use": "id", "cognito:groups": token}
            lambda_event["requestContext"]["authorizer"] = {"claims": claims}
        return lambda_event, lambda_context


readers = Routes[Composition](public=True)
writers = Routes[Composition](group="writers")


@readers.route(
    "GET", "/names/{name}", summary="Greet", query=Greeting, returns={200: ResponseSpec(str)}, raises=(Missing,)
)
def greet(composition: Composition, request: ApiRequest, name: str, query: Greeting) -> Response:
    """Greets by name."""
    if name == "nobody":
        raise Missing("There is nobody.")
    return responses.json(f"{query.word} {name}, I am {composition.name}", {})


@writers.route("POST", "/names", summary="Add a name", body=Greeting, returns={204: ResponseSpec()})
def add(composition: Composition, request: ApiRequest, body: Greeting) -> Response:
    """Adds a name."""
    return responses.empty()


@readers.route("GET", "/about", summary="Say who answers", returns={200: ResponseSpec(str)})
def about(composition: Composition, request: ApiRequest) -> Response:
    return responses.json(composition.name, {})


@pytest.fixture
def api() -> Api:
    api = Api(
        Chalice("greetings", configure_logs=False),
        authorizer=USERS,
        errors={Missing: MISSING, Locked: LOCKED},
        log=logging.getLogger("greetings"),
        writing_raises=(Locked,),
    )
    api.include(writers, Composition("Ada"))
    api.include(readers, Composition("Bea"))
    return api


@pytest.fixture
def client(api: Api) -> Client:
    client = Client(api._app)
    client.http._local_gateway._authorizer = Authorizer(api._app)
    return client


def test_operations_stand_in_the_order_of_inclusion_and_declaration(api: Api):
    assert [(one.method, one.path) for one in api.operations] == [
        ("POST", "/names"),
        ("GET", "/names/{name}"),
        ("GET", "/about"),
    ]


def test_an_operation_keeps_its_views_name_text_and_annotations(api: Api):
    assert [one.view for one in api.operations] == [add, greet, about]


def test_a_view_gets_the_composition_with_which_its_routes_are_included(client: Client):
    response = client.http.get("/names/Cleo?word=hi")
    assert (response.status_code, response.json_body) == (200, "hi Cleo, I am Bea")


def test_public_is_declared_once_for_all_routes(api: Api, client: Client):
    assert {one.path: one.public for one in api.operations} == {"/names": False, "/names/{name}": True, "/about": True}
    assert client.http.get("/about").json_body == "Bea"
    assert client.http.post("/names", body=b"{}").status_code == 401


@pytest.mark.parametrize(("token", "status"), [("writers", 204), ("others", 403), ("invalid", 401)])
def test_a_group_is_declared_once_for_all_routes(client: Client, token: str, status: int):
    assert client.http.post("/names", body=b"{}", headers={"Authorization": token}).status_code == status


def test_problems_follow_from_what_is_declared(api: Api):
    write, read, _ = api.operations
    assert {UNAUTHENTICATED, FORBIDDEN, LOCKED} <= set(write.problems)
    assert MISSING in read.problems
    assert not {UNAUTHENTICATED, FORBIDDEN, LOCKED} & set(read.problems)


def test_a_declared_exception_is_answered_as_its_problem(client: Client):
    response = client.http.get("/names/nobody")
    assert (response.status_code, response.json_body["type"]) == (404, MISSING.type)


def test_the_same_routes_can_be_included_by_two_apps(api: Api):
    again = Api(
        Chalice("again", configure_logs=False),
        authorizer=USERS,
        errors={Missing: MISSING},
        log=logging.getLogger("again"),
    )
    again.include(readers, Composition("Eve"))
    assert Client(again._app).http.get("/about").json_body == "Eve"
    assert LOCKED not in again.operations[0].problems
