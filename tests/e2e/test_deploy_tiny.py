"""The deploy tool on its own small app: repeated, interrupted and failed deployments, promoting, stopping."""

import json
import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
import requests

from local_aws.testing import wait_until
from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout, free_base_port

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:tiny-local-"
NO_CHANGE = "everything was up to date; nothing was changed"

# 192.0.2.0/24 is nobody's (RFC 5737): a call that went there would not come back.
HOSTILE = {
    "AWS_ACCESS_KEY_ID": "AKIAREALLYREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_PROFILE": "nobody",
    "AWS_CA_BUNDLE": "/nonexistent",
    "AWS_ENDPOINT_URL": "http://192.0.2.1",
    "AWS_ENDPOINT_URL_LAMBDA": "http://192.0.2.1",
    "AWS_ENDPOINT_URL_API_GATEWAY": "http://192.0.2.1",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "HTTP_PROXY": "http://192.0.2.1:1",
    "http_proxy": "http://192.0.2.1:1",
}


def app_file(tiny: LocalStage, name: str) -> Path:
    return tiny.root / "tiny_app" / name


def up(tiny: LocalStage) -> str:
    done = tiny.deploy("up", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def greeting(tiny: LocalStage, address: str = "api_url") -> str:
    response = requests.get(f"{tiny.document['apps']['tiny_app'][address]}/greeting")
    assert response.status_code == 200, response.text
    return response.json()["greeting"]


def greet_with(tiny: LocalStage, text: str) -> None:
    source = app_file(tiny, "app.py")
    source.write_text(re.sub(r'^GREETING = ".*"$', f'GREETING = "{text}"', source.read_text(), flags=re.MULTILINE))


def mapped_functions(tiny: LocalStage) -> list[str]:
    """The functions with an event source, once for each event source."""
    mappings = tiny.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return sorted(mapping["FunctionArn"].removeprefix(FUNCTION) for mapping in mappings)


def public_deployment(tiny: LocalStage) -> str:
    api = tiny.client("apigateway")
    (found,) = api.get_rest_apis()["items"]
    return api.get_stage(restApiId=found["id"], stageName="api")["deploymentId"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory):
    """The small app for these tests only, which break and repair it."""
    root = copy_checkout(ROOT / "tests" / "e2e" / "checkout", tmp_path_factory.mktemp("tiny"))
    local = LocalStage(root, run_arguments=("--no-watch",)).start()
    yield local
    local.stop()


@pytest.fixture
def as_deployed(tiny: LocalStage):
    """Restore the app's files and deploy them after a test that changed them."""
    before = {name: app_file(tiny, name).read_text() for name in ("app.py", "stages.yaml", "resources.yaml")}
    yield tiny
    for name, text in before.items():
        app_file(tiny, name).write_text(text)
    up(tiny)


def test_the_addresses_in_the_outputs_answer(tiny):
    facts = tiny.document["apps"]["tiny_app"]
    assert greeting(tiny, "api_url") == greeting(tiny, "preview_url") == "hello"
    assert facts["site_url"] is None
    assert requests.get(tiny.document["mailbox_url"]).status_code == 200
    https = f"https://localhost:{tiny.port + 441}/api/greeting"
    assert requests.get(https, verify=tiny.document["ca_file"]).json()["greeting"] == "hello"
    assert tiny.document["users"] == [
        {"app": "tiny_app", "username": "alice@example.com", "password": "alice-is-tiny-1", "groups": ["authors"]}
    ]


def test_second_up_changes_nothing_and_says_so(tiny):
    up(tiny)
    before = public_deployment(tiny)
    assert NO_CHANGE in up(tiny)
    assert public_deployment(tiny) == before


def test_a_deployment_is_one_line_with_its_details_in_the_log(tiny):
    app_line, details_line, address_line = tiny.deploy("up").stdout.splitlines()
    assert re.fullmatch(rf"tiny_app +{NO_CHANGE} +\d+\.\d s", app_line)
    assert details_line.split() == ["details", "in", ".local/deployment.log"]
    assert address_line.split()[0] == "tiny_app"
    steps = (tiny.root / ".local" / "deployment.log").read_text().rpartition("tiny_app     1 resources")[2]
    assert "tiny_app     6 site and demo data" in steps


def test_settings_that_chalice_cannot_express_are_deployed(tiny):
    (mapping,) = tiny.client("lambda").list_event_source_mappings(FunctionName="tiny-local-store_notes")[
        "EventSourceMappings"
    ]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    api = tiny.client("apigateway")
    (found,) = api.get_rest_apis()["items"]
    stage = api.get_stage(restApiId=found["id"], stageName="api")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 100
    assert stage["accessLogSettings"]["destinationArn"].endswith(":log-group:/aws/apigateway/tiny-local")


def test_responses_of_api_gateway_itself_have_cors_headers(tiny):
    response = requests.get(f"{tiny.document['apps']['tiny_app']['api_url']}/none")
    # Not API Gateway's own 403 "Missing Authentication Token", which names a cause that is none.
    assert response.status_code == 404
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 404


def test_functions_have_roles_and_settings_of_their_own(tiny):
    functions = {item["FunctionName"]: item for item in tiny.client("lambda").list_functions()["Functions"]}
    outputs = tiny.outputs("tiny_app")
    assert functions["tiny-local"]["Role"] == outputs["RoleApiHandler"]
    assert functions["tiny-local-store_notes"]["Role"] == outputs["RoleStoreNotes"]
    assert functions["tiny-local-store_notes"]["Timeout"] == 20
    assert functions["tiny-local"]["Environment"]["Variables"]["TABLE_NAME"] == outputs["TableName"]


def test_the_queue_reaches_its_function(tiny):
    tiny.client("sqs").send_message(QueueUrl=tiny.outputs("tiny_app")["NotesUrl"], MessageBody="from-queue")
    table = tiny.client("dynamodb")
    key = {"TableName": tiny.outputs("tiny_app")["TableName"], "Key": {"id": {"S": "from-queue"}}}
    wait_until(lambda: "Item" in table.get_item(**key))


def test_a_change_moves_the_public_stage_and_promote_moves_it_back(as_deployed):
    before = public_deployment(as_deployed)
    greet_with(as_deployed, "good day")
    assert "public stage: /deploymentId" in up(as_deployed)
    assert greeting(as_deployed) == "good day"
    done = as_deployed.deploy("promote", "--to", before)
    assert done.returncode == 0, done.stderr
    assert public_deployment(as_deployed) == before
    assert greeting(as_deployed) == "hello"
    assert greeting(as_deployed, "preview_url") == "good day"


def test_chalice_deploy_by_hand_changes_only_preview_until_promoted(as_deployed):
    greet_with(as_deployed, "by hand")
    shell = (
        f'eval "$({" ".join(as_deployed.command("env"))})" && cd {as_deployed.root}/tiny_app && exec "$CHALICE" deploy'
    )
    chalice = f"{sysconfig.get_path('scripts')}/chalice"
    command = ["bash", "-euc", f"CHALICE={chalice}; {shell} --stage local"]
    done = subprocess.run(
        command, env={**os.environ, **HOSTILE}, capture_output=True, text=True, check=False, cwd=ROOT, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert greeting(as_deployed, "preview_url") == "by hand"
    assert greeting(as_deployed) == "hello"
    assert as_deployed.deploy("promote").returncode == 0
    assert greeting(as_deployed) == "by hand"


def test_promote_refuses_a_deployment_that_was_not_prepared(tiny):
    api = tiny.client("apigateway")
    (found,) = api.get_rest_apis()["items"]
    preview = api.get_stage(restApiId=found["id"], stageName="preview")["deploymentId"]
    before = public_deployment(tiny)
    done = tiny.deploy("promote", "--to", preview)
    assert done.returncode == 1
    assert f"no prepared deployment {preview}" in done.stderr
    assert public_deployment(tiny) == before


def test_a_lost_record_is_restored_and_nothing_is_created_twice(tiny):
    record = app_file(tiny, ".chalice/deployed/local.json")
    before = json.loads(record.read_text())["resources"]
    record.unlink()
    assert "record did not match" in up(tiny)
    assert {item["name"] for item in json.loads(record.read_text())["resources"]} == {item["name"] for item in before}
    assert len(tiny.client("apigateway").get_rest_apis()["items"]) == 1
    assert mapped_functions(tiny) == ["announce_notes", "store_notes"]
    assert greeting(tiny) == "hello"


def test_a_record_of_deleted_resources_is_repaired(tiny):
    api = tiny.client("apigateway")
    (found,) = api.get_rest_apis()["items"]
    api.delete_rest_api(restApiId=found["id"])
    tiny.client("lambda").delete_function(FunctionName="tiny-local-store_notes")
    assert "record did not match" in up(tiny)
    assert greeting(tiny) == "hello"
    assert mapped_functions(tiny) == ["announce_notes", "store_notes"]
    assert NO_CHANGE in up(tiny)


def test_an_api_that_a_killed_deployment_left_is_deleted(tiny):
    api = tiny.client("apigateway")
    (kept,) = api.get_rest_apis()["items"]
    exported = api.get_export(
        restApiId=kept["id"], stageName="preview", exportType="swagger", parameters={"extensions": "apigateway"}
    )
    left = api.import_rest_api(body=exported["body"].read())
    other = api.create_rest_api(name="tiny")
    try:
        assert f"{left['id']} was left by an interrupted deployment" in up(tiny)
        assert {item["id"] for item in api.get_rest_apis()["items"]} == {kept["id"], other["id"]}
    finally:
        api.delete_rest_api(restApiId=other["id"])


def test_a_failure_prints_the_resources_own_reason_and_keeps_the_public_stage(as_deployed):
    template = app_file(as_deployed, "resources.yaml")
    wrong = """
  Wrong:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: wrong
      Roles: [nobody-here]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Action: "s3:ListBucket", Resource: !GetAtt SiteBucket.Arn }]

Outputs:"""
    template.write_text(template.read_text().replace("\nOutputs:", wrong, 1))
    before = public_deployment(as_deployed)
    done = as_deployed.deploy("up")
    assert done.returncode == 1
    assert "Wrong (AWS::IAM::Policy): " in done.stderr
    assert "nobody-here" in done.stderr
    assert public_deployment(as_deployed) == before


def test_changes_are_shown_before_they_run(as_deployed):
    template = app_file(as_deployed, "resources.yaml")
    template.write_text(template.read_text().replace("VisibilityTimeout: 120", "VisibilityTimeout: 121"))
    assert "Modify  Notes (AWS::SQS::Queue)" in up(as_deployed)


def test_the_users_own_aws_settings_have_no_effect(as_deployed, tmp_path):
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-1\nendpoint_url = http://192.0.2.1\n")
    greet_with(as_deployed, "hello there")
    done = as_deployed.deploy("up", environment=HOSTILE | {"AWS_CONFIG_FILE": str(config)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert greeting(as_deployed) == "hello there"


def test_a_second_run_in_one_checkout_is_refused_in_one_line(tiny):
    done = tiny.deploy("run", "--port", "19000")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "already runs" in done.stderr


def test_logs_are_what_functions_print(as_deployed):
    source = app_file(as_deployed, "app.py")
    source.write_text(
        source.read_text().replace("def greeting():\n", 'def greeting():\n    print("greeting was asked")\n')
    )
    up(as_deployed)
    greeting(as_deployed)
    wait_until(lambda: "greeting was asked" in as_deployed.deploy("logs").stdout)


def test_a_task_gets_the_stage(tiny):
    app_file(tiny, "tasks.py").write_text(
        'def table(context, suffix):\n    return context.outputs["TableName"] + suffix\n'
    )
    done = tiny.deploy("task", "tiny_app", "table", "!")
    assert done.stdout.strip() == tiny.outputs("tiny_app")["TableName"] + "!"
    assert "takes" not in tiny.deploy("task", "tiny_app", "none").stderr
    assert tiny.deploy("task", "tiny_app", "none").returncode == 1


def test_stop_keeps_everything_and_the_next_start_changes_nothing(tiny):
    table = {"TableName": tiny.outputs("tiny_app")["TableName"], "Key": {"id": {"S": "kept"}}}
    requests.put(f"{tiny.document['apps']['tiny_app']['api_url']}/notes/kept").raise_for_status()
    assert tiny.stop() == 0
    done = tiny.deploy("outputs")
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    tiny.start()
    assert NO_CHANGE in tiny.output()[-3000:]
    assert "Item" in tiny.client("dynamodb").get_item(**table)


@pytest.fixture
def obstacle(tiny):
    """A folder in place of the link that each save moves: saves fail, for root too, and `run` has reported it."""
    told = tiny.output().count("the state was not saved")
    folder = tiny.root / ".local" / "aws" / "services" / "current.new"
    folder.mkdir()
    try:
        requests.put(f"{tiny.document['apps']['tiny_app']['api_url']}/notes/unsaved").raise_for_status()
        wait_until(lambda: tiny.output().count("the state was not saved") > told)
        yield folder
    finally:
        if folder.is_dir():
            folder.rmdir()


def test_a_stop_without_a_save_says_so_and_fails(tiny, obstacle):
    assert tiny.stop() == 1
    assert "without saving its state" in tiny.output().splitlines()[-1]
    obstacle.rmdir()
    tiny.start()
    assert greeting(tiny) == "hello"


def test_saves_that_succeed_again_are_announced(tiny, obstacle):
    told = tiny.output().count("the state is saved again")
    obstacle.rmdir()
    wait_until(lambda: tiny.output().count("the state is saved again") > told)
    assert tiny.stop() == 0
    tiny.start()


def test_other_ports_reach_every_address(tiny):
    tiny.stop()
    tiny.port = free_base_port()
    tiny.start()
    url = f"http://localhost:{tiny.port + 1}"
    assert tiny.outputs("tiny_app")["PublicUrl"] == url
    assert tiny.document["apps"]["tiny_app"]["api_url"] == f"{url}/api"
    variables = tiny.client("lambda").get_function_configuration(FunctionName="tiny-local")["Environment"]["Variables"]
    assert variables["PUBLIC_URL"] == url
    assert greeting(tiny) == "hello"


def test_a_deleted_state_folder_is_deployed_to_anew(tiny):
    tiny.stop()
    subprocess.run(["rm", "-rf", str(tiny.root / ".local" / "aws")], check=True)
    tiny.start()
    assert greeting(tiny) == "hello"


def test_the_state_is_saved_and_exported_beside_run_and_imported_after_it(tiny, tmp_path):
    def note(note_id: str) -> bool:
        table = {"TableName": tiny.outputs("tiny_app")["TableName"], "Key": {"id": {"S": note_id}}}
        return "Item" in tiny.client("dynamodb").get_item(**table)

    def write(note_id: str) -> None:
        requests.put(f"{tiny.document['apps']['tiny_app']['api_url']}/notes/{note_id}").raise_for_status()

    def state(*arguments: str, status: int = 0) -> str:
        done = tiny.deploy("state", *arguments)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    file = str(tmp_path / "state.tgz")
    write("exported")
    assert state("save") == "saved\n"
    assert "files and" in state("export", file)
    assert "already runs" in state("import", file, "--replace", status=1)
    write("later")
    tiny.stop()
    assert "--replace deletes it" in state("import", file, status=1)
    assert "imported the state of tiny_app" in state("import", file, "--replace")
    before = len(tiny.output())
    tiny.start()
    assert NO_CHANGE in tiny.output()[before:]
    assert "WARNING" not in tiny.output()[before:]
    assert note("exported")
    assert not note("later")


def test_code_that_is_gone_from_the_state_is_deployed_again(tiny):
    tiny.stop()
    shutil.rmtree(tiny.root / ".local" / "aws" / "services" / "lambda-blobs")
    tiny.start()
    assert "embedded AWS: WARNING local_aws.lambda: the code of tiny-local, " in tiny.output()
    assert greeting(tiny) == "hello"
    assert greeting(tiny, "preview_url") == "hello"


def test_a_killed_run_leaves_no_server_behind(tiny):
    assert tiny.process is not None
    tiny.process.kill()
    tiny.process.wait()
    tiny.start()
    assert greeting(tiny) == "hello"


def test_a_new_app_appears_with_its_address_and_its_live_tasks_while_the_stage_runs(tiny):
    shutil.copytree(ROOT / "common", tiny.root / "common", ignore=shutil.ignore_patterns("__pycache__"))
    done = tiny.deploy("new", "greeter")
    assert done.returncode == 0, done.stderr
    stages = tiny.root / "greeter_app" / "stages.yaml"
    stages.write_text(
        stages.read_text().replace("  local:\n", "  local:\n    live_tasks: ['greet \"Good morning\"']\n")
    )
    try:
        done = tiny.deploy("up", "--app", "greeter_app")
        assert done.returncode == 0, done.stdout + done.stderr
        address = f"http://localhost:{tiny.port + 2}/api"
        assert f"greeter_app  {address}" in done.stdout
        headers = {"Authorization": tiny.token("greeter_app", "greeter")}
        greeted = wait_until(
            lambda: requests.get(f"{address}/greeting", headers=headers).json(),
            "the live task's greeting",
            lambda body: body == {"text": "Good morning"},
        )
        assert greeted
        assert requests.get(f"{address}/greeting").status_code == 401
        wait_until(lambda: "greet 'Good morning' is finished" in tiny.output(), "the end of the live task")
        assert "greeter_app is new" in tiny.output()
    finally:
        assert tiny.deploy("down", "--app", "greeter_app").returncode == 0
        shutil.rmtree(tiny.root / "greeter_app")


def test_down_removes_everything(tiny):
    tiny.client("s3").put_object(Bucket=tiny.outputs("tiny_app")["SiteBucketName"], Key="a", Body=b"1")
    tiny.client("s3").put_object(Bucket=tiny.outputs("tiny_app")["SiteBucketName"], Key="a", Body=b"2")
    done = tiny.deploy("down")
    assert done.returncode == 0, done.stdout + done.stderr
    assert tiny.client("lambda").list_functions()["Functions"] == []
    assert tiny.client("apigateway").get_rest_apis()["items"] == []
    assert tiny.client("s3").list_buckets()["Buckets"] == []
    assert tiny.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []
    assert tiny.client("logs").describe_log_groups()["logGroups"] == []
    assert tiny.deploy("outputs").returncode == 1
    up(tiny)
    assert greeting(tiny) == "hello"
