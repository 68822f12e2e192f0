"""The real `chalice deploy` against the embedded AWS: CORS preflight, redeploy, delete."""

import json
import os
import subprocess
import sys

import pytest

from local_aws.tests.http_call import call_api

APP = """
from chalice import Chalice, CORSConfig

app = Chalice(app_name="gateway-probe")
site = CORSConfig(allow_origin="https://site.example", max_age=60)
app.api.binary_types = ["image/png"]


@app.route("/things/{{thing}}", methods=["GET", "PUT"], cors=site)
def thing(thing):
    return {{"thing": thing, "version": {version}}}
"""


@pytest.fixture(scope="module")
def project(aws, tmp_path_factory):
    folder = tmp_path_factory.mktemp("chalice-app")
    role = aws.client("iam").create_role(
        RoleName="chalice-app",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )["Role"]["Arn"]
    stage = {"api_gateway_stage": "preview", "manage_iam_role": False, "iam_role_arn": role}
    config = {"version": "2.0", "app_name": "gateway-probe", "stages": {"local": stage}}
    (folder / ".chalice").mkdir()
    (folder / ".chalice" / "config.json").write_text(json.dumps(config))
    (folder / "requirements.txt").write_text("")
    return folder


def chalice(aws, folder, *arguments, version=1):
    (folder / "app.py").write_text(APP.format(version=version))
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    main = "import sys; from chalice.cli import main; sys.exit(main())"
    command = [
        sys.executable,
        "-c",
        main,
        *arguments,
        "--stage",
        "local",
    ]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    deployed = folder / ".chalice" / "deployed" / "local.json"
    resources = json.loads(deployed.read_text())["resources"]
    return next((resource["rest_api_id"] for resource in resources if resource["resource_type"] == "rest_api"), None)


def test_chalice_deploys_an_api_with_cors_and_deploys_it_again(aws, project):
    api_id = chalice(aws, project, "deploy", version=1)
    first = call_api(aws, api_id, "GET", "/preview/things/a%20b")
    assert (first.status, first.json["version"]) == (200, 1)
    assert first.headers["Access-Control-Allow-Origin"] == "https://site.example"

    preflight = call_api(aws, api_id, "OPTIONS", "/preview/things/a", {"Origin": "https://site.example"})
    assert preflight.status == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://site.example"
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET,PUT,OPTIONS"
    assert preflight.headers["Access-Control-Max-Age"] == "60"
    assert aws.client("apigateway").get_rest_api(restApiId=api_id)["binaryMediaTypes"] == ["image/png"]

    assert chalice(aws, project, "deploy", version=2) == api_id
    assert call_api(aws, api_id, "GET", "/preview/things/a").json == {"thing": "a", "version": 2}
    chalice(aws, project, "delete")
    with pytest.raises(aws.client("apigateway").exceptions.NotFoundException):
        aws.client("apigateway").get_rest_api(restApiId=api_id)
