"""`run` while files are saved: what is deployed, what is said, and that it is what a whole deployment would deploy."""

import json
import re

import pytest
import requests

from local_aws.testing import wait_until
from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout

# What differs between two deployments of the same sources.
_OF_ONE_DEPLOYMENT = {"LastModified", "LastProcessingResult", "RevisionId", "deploymentId", "lastUpdatedDate"}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory):
    """The small app, with a `run` that watches its files."""
    root = copy_checkout(ROOT / "tests" / "e2e" / "checkout", tmp_path_factory.mktemp("watched"))
    local = LocalStage(root, run_arguments=("--no-live-tasks",)).start()
    yield local
    if local.process:
        local.stop()


def source(watched):
    return watched.root / "tiny_app" / "app.py"


def save(watched, changes):
    """Save as editors do, by a new file in place of the old one."""
    text = source(watched).read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    unfinished = source(watched).with_name(".app.py.new")
    unfinished.write_text(text)
    unfinished.replace(source(watched))


def greeting(watched, address="api_url"):
    return requests.get(f"{watched.document['apps']['tiny_app'][address]}/greeting").json()["greeting"]


def said(watched, text):
    wait_until(lambda: text in watched.output(), f"`run` prints {text}")


def deployed(watched):
    """What AWS tells of everything that a deployment makes."""
    functions, api = watched.client("lambda"), watched.client("apigateway")
    (rest_api,) = api.get_rest_apis()["items"]
    stages = {stage["stageName"]: stage for stage in api.get_stages(restApiId=rest_api["id"])["item"]}
    export = {"restApiId": rest_api["id"], "exportType": "swagger", "parameters": {"extensions": "apigateway"}}
    facts = {
        "functions": functions.list_functions()["Functions"],
        "event sources": functions.list_event_source_mappings()["EventSourceMappings"],
        "stages": stages,
        "APIs": {name: json.loads(api.get_export(**export, stageName=name)["body"].read()) for name in stages},
        "record": (watched.root / "tiny_app" / ".chalice" / "deployed" / "local.json").read_text(),
    }
    return {name: comparable(value) for name, value in facts.items()}


def comparable(facts):
    """Facts without times and without the numbers of versions and deployments."""
    if isinstance(facts, dict):
        return {key: comparable(value) for key, value in facts.items() if key not in _OF_ONE_DEPLOYMENT}
    if isinstance(facts, list):
        return [comparable(value) for value in facts]
    # An export is of the API itself, whose methods call a version only once a deployment was prepared.
    return re.sub(r"(:function:tiny-local)(:\d+)?/", r"\1/", str(facts))


def test_a_saved_file_is_deployed_to_the_api_and_to_event_handlers(watched):
    save(watched, {'GREETING = "hello"': 'GREETING = "saved"', "record.body}": 'record.body + "-saved"}'})
    wait_until(lambda: greeting(watched) == "saved", "the public API runs the new code")
    assert greeting(watched, "preview_url") == "saved"
    watched.client("sqs").send_message(QueueUrl=watched.outputs("tiny_app")["NotesUrl"], MessageBody="a-note")
    key = {"TableName": watched.outputs("tiny_app")["TableName"], "Key": {"id": {"S": "a-note-saved"}}}
    wait_until(lambda: "Item" in watched.client("dynamodb").get_item(**key), "the event handler runs the new code")


def test_it_is_what_a_whole_deployment_deploys(watched):
    save(watched, {'GREETING = "': 'GREETING = "whole '})
    wait_until(lambda: greeting(watched).startswith("whole "), "it is deployed")
    assert "code of 3 functions updated" in (watched.root / ".local" / "deployment.log").read_text()
    before = deployed(watched)
    # Without the summary of the last deployment, `up` runs `chalice deploy`.
    (watched.root / "tiny_app" / ".chalice" / "deployed" / "local.quartet").unlink()
    done = watched.deploy("up", "--verbose")
    assert "Creating lambda function" in done.stdout or "Updating lambda function" in done.stdout, done.stdout
    assert deployed(watched) == before
    assert "everything was up to date" in watched.deploy("up").stdout


def test_a_failure_is_told_with_its_line_while_the_old_version_serves(watched):
    before = greeting(watched)
    save(watched, {"import boto3\n": "import boto3, gone\n"})
    said(watched, "tiny_app      tiny_app/app.py:5: ModuleNotFoundError: No module named 'gone'")
    assert greeting(watched) == before
    save(watched, {"def greeting():": "def greeting(:"})
    said(watched, "tiny_app      tiny_app/app.py:14: SyntaxError: ")
    assert greeting(watched) == before
    mended = {"def greeting(:": "def greeting():", ", gone\n": "\n", 'GREETING = "': 'GREETING = "mended '}
    save(watched, mended)
    wait_until(lambda: greeting(watched).startswith("mended "), "it is deployed")


def test_a_new_route_and_a_changed_setting_are_deployed(watched):
    text = source(watched).read_text()
    source(watched).write_text(text + '\n\n@app.route("/more")\ndef more():\n    return {"more": GREETING}\n')
    url = watched.document["apps"]["tiny_app"]["api_url"]
    wait_until(lambda: requests.get(f"{url}/more").status_code == 200, "the new route answers")
    stages = watched.root / "tiny_app" / "stages.yaml"
    stages.write_text(stages.read_text().replace("lambda_timeout: 20", "lambda_timeout: 21"))
    name = {"FunctionName": "tiny-local-store_notes"}
    client = watched.client("lambda")
    wait_until(lambda: client.get_function_configuration(**name)["Timeout"] == 21, "the setting is deployed")


def test_a_stop_during_a_deployment_is_in_order_and_the_next_start_completes_it(watched):
    details = watched.root / ".local" / "deployment.log"
    before = details.stat().st_size
    save(watched, {"batch_size=5": "batch_size=6"})
    wait_until(lambda: details.stat().st_size > before, "a deployment has begun")
    assert watched.stop() == 0
    assert "Traceback" not in watched.output()
    watched.start()
    (mapping,) = watched.client("lambda").list_event_source_mappings(FunctionName="tiny-local-store_notes")[
        "EventSourceMappings"
    ]
    assert mapping["BatchSize"] == 6
    assert watched.deploy("outputs").returncode == 0
