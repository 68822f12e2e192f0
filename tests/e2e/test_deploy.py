"""Every app of the checkout after `make run`."""

import json
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import requests

from tests.e2e.local_stage import ROOT

MAX_ZIP_BYTES = {"blog_app": 11_000_000, "pipeline_app": 1_500_000, "todo_app": 1_500_000, "video_app": 6_000_000}


@pytest.fixture(params=[path.parent.name for path in ROOT.glob("*/stages.yaml")])
def app(request, stage):
    """Each app that the tool found."""
    assert request.param in stage.document["apps"]
    return request.param


def public_path(app):
    """A public path of the app's API."""
    paths = json.loads((ROOT / app / "openapi.json").read_text())["paths"]
    public = [path for path, methods in paths.items() if methods.get("get", {}).get("security") == []]
    return next(path for path in public if "{" not in path)


def test_every_address_opens(stage, app):
    facts, path = stage.document["apps"][app], public_path(app)
    for address in (facts["api_url"] + path, facts["preview_url"] + path, stage.document["mailbox_url"]):
        assert requests.get(address).status_code == 200, address
    if facts["site_url"]:
        assert requests.get(facts["site_url"]).status_code == 200
    port = urlsplit(facts["api_url"]).port
    https = facts["api_url"].replace("http://", "https://").replace(f":{port}", f":{port + 440}")
    assert requests.get(https + path, verify=stage.document["ca_file"]).status_code == 200


def test_the_printed_command_works(stage, app):
    printed = re.findall(rf"curl -H .*--app {app} .*", stage.output())
    assert printed
    tool = f"{sys.executable} -m deploy --root {stage.root}"
    command = (
        printed[-1].replace(".venv/bin/python -m deploy", tool).replace("curl", "curl --fail --silent --show-error")
    )
    done = subprocess.run(["bash", "-euc", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_demo_users_are_printed_with_their_passwords(stage, app):
    users = [user for user in stage.document["users"] if user["app"] == app]
    assert users
    for user in users:
        assert f"{user['username']} / {user['password']}" in stage.output()


def test_a_user_of_one_app_needs_no_app_to_sign_in(stage):
    done = stage.deploy("token", "--user", "alice")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(".") == 2


def test_a_user_of_two_apps_must_name_the_app(stage):
    done = stage.deploy("token", "--user", "bob")
    assert done.returncode == 1
    assert "--app blog_app or --app todo_app" in done.stderr


def test_zips_are_small_and_without_boto3(stage, app):
    (package,) = (stage.root / app / ".chalice" / "deployments").glob("*.zip")
    assert package.stat().st_size <= MAX_ZIP_BYTES.get(app, 50_000_000)
    assert b"botocore/" not in package.read_bytes()


def test_every_function_has_a_role_of_its_own(stage, app):
    outputs = stage.outputs(app)
    roles = {value for name, value in outputs.items() if name.startswith("Role")}
    name = outputs_name(stage, app)
    functions = [
        item for item in stage.client("lambda").list_functions()["Functions"] if item["FunctionName"].startswith(name)
    ]
    assert functions
    used = [function["Role"] for function in functions]
    assert len(set(used)) == len(used)
    assert set(used) == roles


def outputs_name(stage, app):
    """The prefix of the app's function names."""
    text = (stage.root / app / "stages.yaml").read_text()
    return re.search(r"^name: (\w+)$", text, flags=re.MULTILINE)[1] + "-local"
