"""video_app in one process."""

import json
import os
import time
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from chalicelib.video.catalogue.model import READY, Video
from chalicelib.video.entitlements.model import PREMIUM, Entitlement
from chalicelib.video.operators import Operator
from chalicelib.video.playback.key_pairs import new_key_pair
from chalicelib.video.playback.key_ring import KeyRing, SigningKey

from common.values import new_id, timestamp
from tests.apps import load_app
from tests.unit.aws import aws_client, empty_tables_and_buckets
from tests.unit.stage import CLIENT_ID, REGION, Response, client, token
from tests.unit.video.shop import WEBHOOK_URL, Shop

PUBLIC_URL = "https://videos.example"
EDGE_SECRET = "only-the-distribution-knows"
KEYS = {"VIDEOS_TABLE_NAME": ["id"], "ENTITLEMENTS_TABLE_NAME": ["owner", "what"], "PLAYS_TABLE_NAME": ["owner"]}
KEYS |= {"PLAY_RECORDS_TABLE_NAME": ["owner", "link"], "ORDERS_TABLE_NAME": ["id"]}
KEYS |= {"PAYMENT_RECORDS_TABLE_NAME": ["owner", "what"]}
ENVIRONMENT = {
    **{name: name.removesuffix("_TABLE_NAME").lower() for name in KEYS},
    "PLAYS_STREAM_ARN": "arn:aws:dynamodb:us-east-1:123456789012:table/plays/stream/1",
    "STREAM_DEAD_LETTERS_URL": "to be set",
    "CONTENT_BUCKET_NAME": "content",
    "MEDIA_BUCKET_NAME": "media",
    "SIGNING_KEY_SECRET_ARN": "signing-key",
    "EDGE_SECRET_ARN": "edge",
    "CURSOR_SECRET_ARN": "cursors",
    "PAYMENT_EVENTS_QUEUE_URL": "to be set",
    "PAYMENT_DEAD_LETTERS_URL": "to be set",
    "PAYMENT_SECRET_ARN": "payments",
    "PAYMENT_API_URL": "to be set",
    "USER_POOL_ID": "us-east-1_Video",
    "USER_POOL_ARN": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Video",
    "USER_POOL_CLIENT_ID": CLIENT_ID,
    "PUBLIC_URL": PUBLIC_URL,
    "LINKS_AN_HOUR": "40",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
OUTPUTS = {
    "VideosTableName": "videos",
    "EntitlementsTableName": "entitlements",
    "SigningKeySecretArn": "signing-key",
    "PaymentSecretArn": "payments",
}


class Stage:
    """The app, and what viewers can do with it."""

    groups = ()

    def __init__(self, module: ModuleType, user_pool_id: str, operator: Operator, shop: Shop) -> None:
        self.module = module
        self.client = client(module, user_pool_id)
        self.operator = operator
        self.shop = shop
        shop.stage = self

    def call(self, method: str, path: str, body: Any = None, user: str | None = "alice", **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            sent.setdefault("Authorization", token(user))
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = b"" if body is None else json.dumps(body).encode()
        return Response(self.client.http.request(method, path, headers=sent, body=data))

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> Response:
        """POST bytes without a token."""
        return Response(self.client.http.post(path, headers=headers, body=body))

    def play(self, video: Video, user: str = "alice", device: str = "phone-01", **fields: Any) -> Response:
        return self.call("POST", f"/videos/{video.id}/play", {"device": device, **fields}, user)

    def add(self, title: str = "The Tide Mill", **fields: Any) -> Video:
        """Add a video to the catalogue."""
        now = datetime.now(UTC)
        values: dict[str, Any] = {"seconds": 12.0, "amount": 490, "currency": "eur", "folder": os.urandom(16).hex()}
        video = Video(
            **{"id": new_id(now), "title": title, "created_at": timestamp(now), "status": READY} | values | fields
        )
        self.operator.videos.put(video)
        return video

    def entitle(
        self, user: str = "alice", what: str = PREMIUM, valid_from: int = 0, valid_until: int | None = None
    ) -> None:
        self.operator.entitlements.put(
            Entitlement(owner=user, what=what, valid_from=valid_from, valid_until=valid_until, source="test")
        )

    def path_values(self) -> dict[str, str]:
        """Make one thing for each parameter of a path, and return the parameters' values."""
        self.entitle()
        # The contract's example buys this video.
        video = self.add(id="019a2f3b7c40a1b2c3d4e5f60718")
        return {"video_id": video.id, "order_id": self.shop.buy("alice", plan="month")}

    def empty(self) -> None:
        """Forget everything that a test has left."""
        empty_tables_and_buckets()
        self.shop.empty()

    def read_secret_again(self) -> None:
        """Read the payment provider's secret again now, as instances do each minute."""
        self.module.video_app.provider_secret.forget()

    def delete_all(self, table: str) -> None:
        dynamodb = aws_client("dynamodb")
        keys = KEYS[f"{table.upper()}_TABLE_NAME"]
        for item in self.items(table):
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in keys})

    def items(self, table: str) -> list[Any]:
        return aws_client("dynamodb").scan(TableName=table)["Items"]


def now() -> int:
    return int(time.time())


def start() -> Stage:
    """Make the resources in moto and load the app."""
    dynamodb = aws_client("dynamodb")
    for variable, keys in KEYS.items():
        index = {}
        names = list(keys)
        if variable == "VIDEOS_TABLE_NAME":
            names.append("listed")
            schema = [{"AttributeName": "listed", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}]
            listed = {"IndexName": "listed", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
            index = {"GlobalSecondaryIndexes": [listed]}
        dynamodb.create_table(
            TableName=ENVIRONMENT[variable],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[
                {"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            **index,
        )
    aws_client("s3").create_bucket(Bucket="content")
    secrets = aws_client("secretsmanager")
    for name, value in {
        "cursors": "a secret for cursors",
        "edge": EDGE_SECRET,
        "signing-key": "{}",
        "payments": "{}",
    }.items():
        secrets.create_secret(Name=name, SecretString=value)
    private_key, public_key = new_key_pair("ecdsa")
    shop = Shop()
    operator = Operator(aws_client, {**OUTPUTS, "PaymentApiUrl": shop.url})
    operator.key_secret.write(KeyRing(SigningKey("A", "K123", private_key), {"A": public_key}))
    os.environ["STREAM_DEAD_LETTERS_URL"] = aws_client("sqs").create_queue(QueueName="letters")["QueueUrl"]
    operator.webhook.connect(WEBHOOK_URL, "sk_test_unit")
    return Stage(load_app("video_app"), ENVIRONMENT["USER_POOL_ID"], operator, shop)
