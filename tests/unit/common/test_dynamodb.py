"""The client of a store: through DAX only where the stage has a cluster, and without cost for who does not use it."""

import subprocess
import sys

import msgspec
import pytest

from common.aws import clients, dynamodb
from tests.apps import ROOT

MADE = """
import sys
from common.aws import dynamodb

dynamodb.raw_dynamodb("us-east-1")
print("common.aws.dax.client" in sys.modules, end=" ")
client = dynamodb.raw_dynamodb("us-east-1", "daxs://cluster.example")
print(client.meta.service_model.service_name, "amazondax" in sys.modules)
"""


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


def test_without_a_cluster_the_client_is_dynamodbs_own():
    assert dynamodb.dynamodb("us-east-1") is clients.client("dynamodb", "us-east-1")
    assert dynamodb.raw_dynamodb("us-east-1") is clients.raw_dynamodb("us-east-1")


def test_nothing_of_dax_is_imported_before_it_is_used():
    done = subprocess.run([sys.executable, "-c", MADE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "dynamodb", "False"]


def test_a_parsed_response_becomes_dynamodbs_json():
    raw = dynamodb._raw({"Item": {"picture": {"B": b"\x00\xff"}, "version": {"N": "7"}}})["raw"]
    assert msgspec.json.decode(raw) == {"Item": {"picture": {"B": "AP8="}, "version": {"N": "7"}}}


def test_the_log_has_the_metric_of_a_cluster_that_does_not_answer(capsys: pytest.CaptureFixture[str]):
    dynamodb._tell("no answer within 2.0 s", True)
    dynamodb._tell("no answer within 2.0 s", False)
    dynamodb._tell("", True)
    lines = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["level"], line["DaxDegraded"]) for line in lines] == [("WARNING", 1), ("INFO", 1), ("INFO", 0)]
    (metric,) = lines[0]["_aws"]["CloudWatchMetrics"]
    assert metric == {
        "Namespace": "Quartet",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": "DaxDegraded"}],
    }
