"""Nothing that a device was told is accepted is lost or counted twice, whatever fails on the way.

`make test` sends some hundred messages; `make soak` sends `SOAK_MESSAGES`, by default 100,000, and stops and starts the
embedded AWS in the middle.
"""

import os
import re

import pytest

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP, simulate, task
from tests.e2e.pipeline.schedules import start_reports
from tests.e2e.pipeline.soak import faults, split_shard

MESSAGES = int(os.environ.get("SOAK_MESSAGES", "600"))
# One shard takes 1,000 messages a second, and AWS IoT 100 from one device.
RATE = min(800, max(60, MESSAGES // 60))
DEVICES = max(3, RATE // 50)
QUEUES = ("ObjectsQueueUrl", "QueryEventsQueueUrl", "ManifestsQueueUrl", "LoadEventsQueueUrl")


@pytest.fixture
def quick_retries(stage):
    """Let queues deliver again soon what a function has not handled, so also twice what it is still handling."""
    sqs, outputs = stage.client("sqs"), stage.outputs(APP)
    before = {
        outputs[name]: sqs.get_queue_attributes(QueueUrl=outputs[name], AttributeNames=["VisibilityTimeout"])[
            "Attributes"
        ]
        for name in QUEUES
    }
    for url in before:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "2"})
    yield
    for url, attributes in before.items():
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def reconciled(stage) -> tuple[int, str]:
    """The exit code of `reconcile`, and what it says.

    One batch of some hundred fails four times in a row, and Firehose gives it up: an operator redrives it.
    """
    task(stage, "redrive", "Delivery")
    start_reports(stage)
    done = stage.deploy("task", APP, "reconcile", "--settle", "0")
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(3600)
def test_no_acknowledged_message_is_lost_or_double(stage, quick_retries):
    options = {"devices": DEVICES, "rate": RATE, "seconds": MESSAGES / 2 / RATE, "duplicates": 0.05, "wrong": 0.05}
    with faults(stage):
        simulate(stage, "soak", **options)
        split_shard(stage)
        if "SOAK_MESSAGES" in os.environ:
            stage.stop()
            stage.start()
    with faults(stage) as injected:
        simulate(stage, "soak", **options)
        assert injected() > 0
    code, text = wait_until(
        lambda: reconciled(stage),
        "everything is loaded and nothing is missing or double",
        lambda found: found[0] == 0 and "\nwaiting: " not in found[1],
        seconds=1800,
    )
    assert code == 0, text
    # Without a ledger, or with an empty one, nothing would be compared.
    compared = int(re.search(r"(\d+) messages:", text)[1])
    assert compared > 0.8 * MESSAGES
