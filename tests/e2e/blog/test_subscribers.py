"""Subscriptions to MyBlog: one mail, its links, and responses that do not show who has subscribed."""

import json
import re
import secrets

import pytest

from local_aws.testing import wait_until
from tests.e2e.blog.people import APP, Reader


@pytest.fixture(scope="module")
def reader(stage):
    return Reader(stage)


def unique_address() -> str:
    return f"reader-{secrets.token_hex(6)}@example.com"


def link(mail: dict, verb: str) -> str:
    found = re.search(rf"http\S+/subscribers/{verb}\?token=[0-9a-f.]+", mail["text"])
    assert found, mail["text"]
    return found[0]


def states(stage) -> dict[str, str]:
    """The state of each address in the table."""
    table = stage.outputs(APP)["SubscriberTableName"]
    pages = stage.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    found = [json.loads(item["data"]["S"]) for page in pages for item in page["Items"] if "data" in item]
    return {subscriber["address"]: subscriber["state"] for subscriber in found}


def test_the_links_of_the_welcome_mail_confirm_and_unsubscribe(stage, reader):
    address = unique_address()
    assert reader.ask("POST", "/subscribers", data={"address": address}).status_code == 202
    (mail,) = wait_until(lambda: reader.mails(address))
    assert mail["html"]
    again = reader.ask("POST", "/subscribers", data={"address": address.upper()})
    assert again.status_code == 202
    page = reader.ask("GET", link(mail, "confirm"))
    assert page.status_code == 200
    assert states(stage)[address] == "pending"
    token = link(mail, "confirm").partition("token=")[2]
    assert reader.ask("POST", "/subscribers/confirm", data={"token": token}).status_code == 200
    assert states(stage)[address] == "confirmed"
    clicked = reader.ask("POST", link(mail, "unsubscribe"), data={"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200
    assert states(stage)[address] == "unsubscribed"
    assert len(reader.mails(address)) == 1


def test_an_address_that_bounced_gets_no_more_mail(stage, reader):
    # https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
    address = f"bounce+{secrets.token_hex(6)}@simulator.amazonses.com"
    assert reader.ask("POST", "/subscribers", data={"address": address}).status_code == 202
    wait_until(lambda: states(stage)[address], until=lambda state: state == "suppressed")
    assert reader.ask("POST", "/subscribers", data={"address": address}).status_code == 202
    assert states(stage)[address] == "suppressed"


def test_a_bounce_that_could_not_be_handled_is_redriven(stage, reader):
    address = unique_address()
    assert reader.ask("POST", "/subscribers", data={"address": address}).status_code == 202
    wait_until(lambda: len(reader.mails(address)) == 1)
    event = {"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}}
    event["bounce"]["bouncedRecipients"] = [{"emailAddress": address}]
    record = {"Sns": {"Message": json.dumps(event), "Subject": "", "MessageAttributes": {}}}
    function = stage.client("lambda").get_function(FunctionName=f"blog-{stage.document['stage']}-suppress")
    letter = {
        "requestContext": {"functionArn": function["Configuration"]["FunctionArn"]},
        "requestPayload": {"Records": [record]},
    }
    queue = stage.outputs(APP)["StreamDeadLettersUrl"]
    stage.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(letter))
    done = stage.deploy("task", APP, "redrive", "Stream")
    assert "handled again" in done.stdout, done.stdout + done.stderr
    assert states(stage)[address] == "suppressed"


def test_concurrent_requests_for_one_address_send_one_mail(reader):
    address, after = unique_address(), unique_address()
    responses = [reader.ask("POST", "/subscribers", json={"address": address}) for _ in range(5)]
    assert {(response.status_code, response.text) for response in responses} == {(202, responses[0].text)}
    # The stream brings what came before first.
    reader.ask("POST", "/subscribers", json={"address": after})
    wait_until(lambda: reader.mails(after))
    wait_until(lambda: reader.mails(address))
    assert len(reader.mails(address)) == 1


def test_a_mail_whose_outcome_is_unknown_does_not_hold_up_the_next_subscriber(stage, reader):
    fault = {"service": "ses", "operation": "SendEmail", "action": "fail", "status": 500, "count": 1}
    response = reader.ask("POST", f"{stage.document['endpoint_url']}/_quartet/faults", json=fault)
    assert response.ok, response.text
    first, second = (f"late-{secrets.token_hex(6)}@example.com" for _ in range(2))
    for address in (first, second):
        assert reader.ask("POST", "/subscribers", data={"address": address}).status_code == 202
    wait_until(lambda: reader.mails(second))
    # It waits for its claim to end.
    assert reader.mails(first) == []
    queue = stage.outputs(APP)["MailQueueUrl"]
    found = stage.client("sqs").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert int(found["Attributes"]["ApproximateNumberOfMessagesDelayed"]) >= 1


@pytest.mark.parametrize(
    "address", ["a@b", "a@example.com\r\nBcc: x@example.com", "re\u0430der@example.com", "x" * 300]
)
def test_an_invalid_address_is_refused(reader, address):
    response = reader.ask("POST", "/subscribers", json={"address": address})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "address"
