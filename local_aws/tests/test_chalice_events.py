"""Chalice's `on_sns_message` and `on_s3_event`, deployed by the real `chalice deploy`."""

import json
import os
import subprocess
import sys

import pytest

from local_aws.testing import wait_until
from local_aws.tests.lambda_functions import TRUST
from local_aws.tests.mail import unique

APP = """
from chalice import Chalice

app = Chalice(app_name="{name}")


@app.on_sns_message(topic="{topic}")
def noted(event):
    print("NOTED", event.subject, event.message, event.message_attributes)


@app.on_s3_event(bucket="{bucket}", events=["s3:ObjectCreated:*"], prefix="photos/", suffix=".jpg")
def stored(event):
    print("STORED", event.bucket, event.key)
"""


@pytest.fixture(scope="module")
def deployed(aws, tmp_path_factory):
    """An app with both handlers; its name, its topic's ARN and its bucket."""
    folder, name, bucket = tmp_path_factory.mktemp("chalice-events"), unique("events-"), unique("photos-")
    topic = aws.client("sns").create_topic(Name=unique("notes-"))["TopicArn"]
    aws.client("s3").create_bucket(Bucket=bucket)
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    stage = {"manage_iam_role": False, "iam_role_arn": role}
    (folder / ".chalice").mkdir()
    (folder / ".chalice" / "config.json").write_text(
        json.dumps({"version": "2.0", "app_name": name, "stages": {"local": stage}})
    )
    (folder / "requirements.txt").write_text("")
    (folder / "app.py").write_text(APP.format(name=name, topic=topic.rpartition(":")[2], bucket=bucket))
    chalice(aws, folder, "deploy")
    # Again, as every later deployment does.
    chalice(aws, folder, "deploy")
    yield name, topic, bucket
    chalice(aws, folder, "delete")


def chalice(aws, folder, command):
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    main = "import sys; from chalice.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", main, command, "--stage", "local"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def lines(aws, function, start):
    """The lines of a function that start with a text; none while it has no log group."""
    logs, group = aws.client("logs"), f"/aws/lambda/{function}"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    found = [event["message"].strip() for event in logs.filter_log_events(logGroupName=group)["events"]]
    return [line for line in found if line.startswith(start)]


def test_a_notification_reaches_its_handler(aws, deployed):
    name, topic, _ = deployed
    aws.client("sns").publish(TopicArn=topic, Message="hello")
    (line,) = wait_until(lambda: lines(aws, f"{name}-local-noted", "NOTED"), "the handler ran")
    assert line == "NOTED None hello {}"


def test_an_object_reaches_its_handler_by_its_plain_key(aws, deployed):
    name, _, bucket = deployed
    for key in ("photos/not this.png", "photos/a b+c ü.jpg"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    (line,) = wait_until(lambda: lines(aws, f"{name}-local-stored", "STORED"), "the handler ran")
    assert line == f"STORED {bucket} photos/a b+c ü.jpg"
