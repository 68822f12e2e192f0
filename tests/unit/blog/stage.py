"""blog_app in one process."""

import json
from types import ModuleType
from typing import Any

from tests.apps import load_app
from tests.unit.aws import aws_client, empty_tables_and_buckets
from tests.unit.stage import CLIENT_ID, REGION, Response, client, token

PUBLIC_URL = "https://blog.example"
# As in resources.yaml.
CONFIRMED_INDEX = {
    "IndexName": "confirmed",
    "KeySchema": [{"AttributeName": "confirmedShard", "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
TABLES = ("posts", "subscribers")
BUCKETS = ("site", "uploads", "media")
ENVIRONMENT = {
    "PRIMARY_REGION": REGION,
    "PEER_REGION": REGION,
    "TABLE_NAME": "posts",
    "TABLE_STREAM_ARN": "arn:aws:dynamodb:us-east-1:123456789012:table/posts/stream/1",
    "SUBSCRIBER_TABLE_NAME": "subscribers",
    "SUBSCRIBER_STREAM_ARN": "arn:aws:dynamodb:us-east-1:123456789012:table/subscribers/stream/1",
    "STREAM_DEAD_LETTERS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/stream-dead-letters",
    "SITE_BUCKET_NAME": "site",
    "UPLOADS_BUCKET_NAME": "uploads",
    "MEDIA_BUCKET_NAME": "media",
    "THUMBNAILS_QUEUE_NAME": "thumbnails",
    "DISTRIBUTION_ID": "to be set",
    "USER_POOL_ID": "us-east-1_Blog",
    "USER_POOL_ARN": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Blog",
    "USER_POOL_CLIENT_ID": CLIENT_ID,
    "CURSOR_SECRET_ARN": "cursors",
    "MAIL_SETTINGS_NAME": "blog",
    "MAIL_EVENTS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:mail-events",
    "MAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/mails",
    "MAILS_A_SECOND": "14",
    "MAIL_FROM": "blog@example.com",
    "SITE_TITLE": "MyBlog",
    "SITE_DESCRIPTION": "Notes",
    "SITE_LANGUAGE": "en",
    "SITE_AUTHOR": "Ada",
    "PUBLIC_URL": PUBLIC_URL,
    "SUBSCRIPTIONS_AN_HOUR": "5",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}


class Stage:
    """The app, and what authors and readers can do with it."""

    groups = ("authors",)

    def __init__(self, module: ModuleType, user_pool_id: str) -> None:
        self.module = module
        self.composition = module.blog
        self.client = client(module, user_pool_id)

    def read(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """A request of anybody; a body that is text is a form."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str):
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        return Response(self.client.http.request(method, path, headers=sent, body=(body or "").encode()))

    def write(self, method: str, path: str, body: Any = None, groups: Any = ("authors",), **headers: str) -> Response:
        """A request of a signed-in user."""
        signed = token("ada", **{"cognito:groups": list(groups)})
        return self.read(method, path, body, Authorization=signed, **headers)

    def add(self, title: str = "A walk", **fields: Any) -> Any:
        response = self.write("POST", "/author/posts", {"title": title, **fields})
        assert response.status == 201, response.body
        return response.json

    def publish(self, title: str = "A walk", **fields: Any) -> Any:
        post = self.add(title, **fields)
        response = self.write("POST", f"{path(post)}/publish", {})
        assert response.status == 200, response.body
        return response.json

    def path_values(self) -> dict[str, str]:
        """Make one thing for each parameter of a path, and return the parameters' values."""
        post = self.publish()
        photo = self.write("POST", "/author/photos", {"fileName": "a.jpg", "contentType": "image/jpeg"})
        return {"post_id": post["id"], "slug": post["slug"], "photo_id": photo.json["id"]}

    def empty(self) -> None:
        """Empty all resources."""
        empty_tables_and_buckets()

    def partitions(self, table: str = "posts") -> set[str]:
        """The partition keys that a table has."""
        return {item["pk"]["S"] for item in aws_client("dynamodb").scan(TableName=table)["Items"]}


def path(post: Any) -> str:
    """The path in the API of a post's author."""
    url: str = post["url"]
    return url.removeprefix(f"{PUBLIC_URL}/api")


def start() -> Stage:
    """Make the resources in moto and load the app."""
    for table in TABLES:
        aws_client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
    aws_client("dynamodb").update_table(
        TableName="subscribers",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "confirmedShard")],
        GlobalSecondaryIndexUpdates=[{"Create": CONFIRMED_INDEX}],
    )
    aws_client("sqs").create_queue(QueueName="mails")
    for bucket in BUCKETS:
        aws_client("s3").create_bucket(Bucket=bucket)
    aws_client("secretsmanager").create_secret(Name="cursors", SecretString="a secret for cursors")
    return Stage(load_app("blog_app"), ENVIRONMENT["USER_POOL_ID"])
