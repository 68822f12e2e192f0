"""todo_app in one process."""

import contextlib
import json
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from chalice.local import LambdaContext

from common.aws import clients
from tests.apps import load_app
from tests.unit.aws import aws_client, empty_tables_and_buckets
from tests.unit.stage import CLIENT_ID, REGION, Response, client, token

PUBLIC_URL = "http://localhost:8001"
ENVIRONMENT = {
    "TABLE_NAME": "todos",
    "TABLE_STREAM_ARN": "arn:aws:dynamodb:us-east-1:123456789012:table/todos/stream/1",
    "STREAM_DEAD_LETTERS_URL": "to be set",
    "BUCKET_NAME": "files",
    "USER_POOL_ID": "to be set",
    "USER_POOL_ARN": "to be set",
    "USER_POOL_CLIENT_ID": CLIENT_ID,
    "IDENTITY_POOL_ID": "to be set",
    "DELETION_QUEUE_URL": "to be set",
    "CURSOR_SECRET_ARN": "cursors",
    "PUBLIC_URL": PUBLIC_URL,
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}


class Clock(LambdaContext):
    """A context whose time runs out after some questions."""

    def __init__(self, questions: int) -> None:
        super().__init__("delete_files", 512, 120_000)
        self._questions = questions

    def get_remaining_time_in_millis(self) -> int:
        self._questions -= 1
        return 120_000 if self._questions >= 0 else 0


class Stage:
    """The app and what a user can do with it."""

    groups = ()

    def __init__(self, module: ModuleType, user_pool_id: str) -> None:
        self.module = module
        self.client = client(module, user_pool_id)

    def call(self, method: str, path: str, body: Any = None, user: str | None = "alice", **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            sent.setdefault("Authorization", token(user))
        if method in ("GET", "DELETE"):
            body = None
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        response = Response(self.client.http.request(method, path, headers=sent, body=body or b""))
        if response.status >= 400:
            self._assert_declared(method, path, response)
        return response

    def _assert_declared(self, method: str, path: str, response: Response) -> None:
        """Check that the contract has this problem."""
        here = "/todos/{todo_id}" if path.startswith("/todos/") else path.split("?", maxsplit=1)[0]
        for operation in self.module.api.operations:
            if operation.method == method and operation.path == here:
                assert response.json["type"] in {kind.type for kind in operation.problems}, response.body

    @contextlib.contextmanager
    def aws_calls(self) -> Iterator[list[str]]:
        """Collect the names of the operations that the app calls on DynamoDB."""
        calls: list[str] = []
        events = clients.raw_dynamodb(REGION).meta.events
        events.register("before-call", lambda model, **_: calls.append(model.name), unique_id="calls")
        yield calls
        events.unregister("before-call", unique_id="calls")

    def add(self, title: str = "buy milk", user: str = "alice", **fields: Any) -> Any:
        response = self.call("POST", "/todos", {"title": title, **fields}, user)
        assert response.status == 201, response.body
        return response.json

    def empty(self) -> None:
        """Empty all resources."""
        empty_tables_and_buckets()
        pool = clients.client("cognito-idp", REGION)
        for user in pool.list_users(UserPoolId=self.pool_id)["Users"]:
            pool.admin_delete_user(UserPoolId=self.pool_id, Username=user["Username"])
        self.messages()
        self.dead_letters()

    @property
    def pool_id(self) -> str:
        return os.environ["USER_POOL_ID"]

    def sign_up(self, username: str) -> None:
        aws_client("cognito-idp").admin_create_user(UserPoolId=self.pool_id, Username=username)

    def messages(self) -> list[Any]:
        """Receive the messages of the deletion queue."""
        return self._received(os.environ["DELETION_QUEUE_URL"])

    def dead_letters(self) -> list[Any]:
        """Receive the dead letters of the table's stream."""
        return self._received(os.environ["STREAM_DEAD_LETTERS_URL"])

    def _received(self, url: str) -> list[Any]:
        client = aws_client("sqs")
        taken = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in taken:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in taken]

    def deliver(self, body: Any) -> Any:
        """Call the queue's function with one message."""
        text = body if isinstance(body, str) else json.dumps(body)
        event = self.client.events.generate_sqs_event([text], queue_name="deletion")
        # Chalice's own invoke gives a function 3 seconds; stages.yaml gives this one 60.
        return self.module.delete_account(event, LambdaContext("delete_account", 512, 60_000))

    def deliver_records(self, *records: Any, questions: int = 1_000_000) -> Any:
        """Call the stream's function with records; its time runs out when it has asked for it so many times."""
        return self.module.delete_files({"Records": list(records)}, Clock(questions))

    def keys(self, owner: str) -> list[str]:
        """The sort keys of an owner's items."""
        response = aws_client("dynamodb").query(
            TableName="todos",
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": {"S": owner}},
        )
        return [item["key"]["S"] for item in response["Items"]]

    def path_values(self) -> dict[str, str]:
        """Make one thing for each parameter of a path, and return the parameters' values."""
        return {"todo_id": self.path(self.add()).rpartition("/")[2]}

    def path(self, todo: Any) -> str:
        """The path in the API of a to-do's public URL."""
        url: str = todo["url"]
        return url.removeprefix(f"{PUBLIC_URL}/api")


def start() -> Stage:
    """Make the resources in moto and load the app."""
    aws_client("dynamodb").create_table(
        TableName="todos",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "key", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
    )
    aws_client("s3").create_bucket(Bucket="files")
    aws_client("secretsmanager").create_secret(Name="cursors", SecretString="a secret for cursors")
    for name in ("DELETION_QUEUE_URL", "STREAM_DEAD_LETTERS_URL"):
        os.environ[name] = aws_client("sqs").create_queue(QueueName=name)["QueueUrl"]
    pool = aws_client("cognito-idp").create_user_pool(PoolName="todo")["UserPool"]
    os.environ.update(USER_POOL_ID=pool["Id"], USER_POOL_ARN=pool["Arn"])
    identities = aws_client("cognito-identity")
    identity_pool = identities.create_identity_pool(IdentityPoolName="todo", AllowUnauthenticatedIdentities=False)
    os.environ["IDENTITY_POOL_ID"] = identity_pool["IdentityPoolId"]
    module = load_app("todo_app")
    return Stage(module, pool["Id"])
