"""The local payment provider in the tests' process, whose events a test delivers itself."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local_payments import operator_api, sessions
from local_payments.account import Account, Json
from local_payments.sender import signature_header
from local_payments.server import PaymentServer
from tests.unit.aws import aws_client

WEBHOOK_URL = "https://videos.example/api/webhooks/payments"


class LocalProvider:
    """The provider's HTTP server, which sends no events by itself."""

    def __init__(self) -> None:
        self.account = Account()
        self.server = PaymentServer(0, self.account)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = self.server.url

    def __enter__(self) -> "LocalProvider":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Shop(LocalProvider):
    """The provider and the queues, and what a test does with them."""

    stage: Any = None
    webhook_url = WEBHOOK_URL

    def __init__(self) -> None:
        super().__init__()
        queues = aws_client("sqs")
        for variable, name in (("EVENTS_QUEUE", "events"), ("DEAD_LETTERS", "dead-letters")):
            made = queues.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})
            os.environ[f"PAYMENT_{variable}_URL"] = made["QueueUrl"]
        os.environ["PAYMENT_API_URL"] = self.url
        self._delivered = 0

    def order(self, user: str = "alice", **body: Any) -> str:
        """Begin a purchase; returns the order's id."""
        answer = self.stage.call("POST", "/checkout", body, user)
        assert answer.status == 201, answer.body
        return answer.json["orderId"]

    def session(self, order: str) -> Json:
        return next(self.account.all("checkout.session", client_reference_id=order))

    def pay(self, order: str) -> Json:
        return sessions.complete(self.account, self.session(order)["id"])

    def buy(self, user: str = "alice", **body: Any) -> str:
        """Buy something, and let all events arrive."""
        order = self.order(user, **body)
        self.pay(order)
        self.deliver()
        return order

    def subscription(self, order: str) -> str:
        return self.session(order)["subscription"]

    def payments(self, order: str) -> list[str]:
        """The payments of an order, the newest first."""
        session = self.session(order)
        if session["mode"] == "payment":
            return [session["payment_intent"]]
        return [one["id"] for one in self.account.all("payment_intent", customer=session["customer"])]

    def act(self, action: str, name: str, **fields: Any) -> Json:
        """Do what the operator's page can do."""
        done = operator_api.call(self.account, self.server.sender, f"/operator/{action}/{name}", fields)
        assert done is not None
        return done

    def new_events(self) -> list[Json]:
        """What has happened since the last call."""
        events = self.account.events[self._delivered :]
        self._delivered = len(self.account.events)
        return events

    def deliver(self, events: list[Json] | None = None) -> Any:
        """Send events to the webhook, and give its queue to the function."""
        for event in self.new_events() if events is None else events:
            assert self.post(event).status == 200
        return self.apply(self.queued())

    def post(self, event: Json | bytes, secret: str | None = None, at: int | None = None, **headers: str) -> Any:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signature = signature_header(body, secret or self.secret, self.account.now() if at is None else at)
        return self.send(body, **{"Stripe-Signature": signature, **headers})

    def send(self, body: bytes, **headers: str) -> Any:
        return self.stage.send("/webhooks/payments", body, {"Content-Type": "application/json", **headers})

    @property
    def secret(self) -> str:
        return self.stage.operator.webhook.read().webhook_secrets[0]

    def queued(self) -> list[Json]:
        """Take the messages out of the queue, as a function gets them."""
        return [_record(message) for message in _take(os.environ["PAYMENT_EVENTS_QUEUE_URL"])]

    def letters(self) -> list[Json]:
        """Take the dead letters."""
        return [json.loads(message["Body"]) for message in _take(os.environ["PAYMENT_DEAD_LETTERS_URL"])]

    def apply(self, records: list[Json]) -> Any:
        """Call the function with records; returns the ids of those that failed."""
        answer = self.stage.client.lambda_.invoke("apply_payment", {"Records": records}).payload
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    @contextmanager
    def down(self) -> Iterator[None]:
        """Answer every request with 503."""
        self.server.is_down = True
        yield
        self.server.is_down = False

    @contextmanager
    def unconnected(self) -> Iterator[None]:
        """Empty the secret."""
        secrets = aws_client("secretsmanager")
        before = secrets.get_secret_value(SecretId="payments")["SecretString"]
        for value in ("{}", before):
            secrets.put_secret_value(SecretId="payments", SecretString=value)
            self.stage.read_secret_again()
            if value != before:
                yield

    def empty(self) -> None:
        """Forget all payments, and what is in the queues."""
        with self.account.lock:
            webhooks = {one["id"]: one for one in self.account.all("webhook_endpoint")}
            self.account.objects = webhooks
            self.account.events.clear()
            self.account.deliveries.clear()
            self.account.settings["period_seconds"] = None
        self._delivered = 0
        self.queued()
        self.letters()


def _take(url: str) -> list[Json]:
    client, taken = aws_client("sqs"), []
    while messages := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId", "MessageDeduplicationId"]
    ).get("Messages"):
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken += messages
    return taken


def _record(message: Json) -> Json:
    """A message as an event source mapping passes it on."""
    return {
        "messageId": message["MessageId"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:events.fifo",
    }
