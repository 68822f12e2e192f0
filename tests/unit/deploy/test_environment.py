"""Stage local reaches the embedded AWS only, whatever the user's environment has."""

import json
import os
import subprocess
import sys

import pytest

from deploy.environment import local_environment, require_loopback, scrubbed
from deploy.errors import DeployError

HOSTILE = {
    "AWS_ACCESS_KEY_ID": "AKIAREALLYREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_SECURITY_TOKEN": "real",
    "AWS_PROFILE": "production",
    "AWS_DEFAULT_PROFILE": "production",
    "AWS_CA_BUNDLE": "/nonexistent/ca.pem",
    "AWS_ENDPOINT_URL": "https://aws.example",
    "AWS_ENDPOINT_URL_S3": "https://s3.example",
    "AWS_ENDPOINT_URL_CLOUDFORMATION": "https://cloudformation.example",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_DATA_PATH": "/nonexistent/models",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token",
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/real",
    "BOTO_CONFIG": "/nonexistent/boto",
    "HTTP_PROXY": "http://proxy.example:3128",
    "http_proxy": "http://proxy.example:3128",
    "NO_PROXY": "example.com",
}
CONFIG = """
[default]
region = eu-west-1
endpoint_url = https://config.example
[profile production]
region = eu-west-1
services = all
[services all]
s3 =
  endpoint_url = https://services.example
"""
PROBE = """
import json, os, botocore.session
from deploy.checkout import Run
from deploy.target import local_target
where = local_target(Run(8000, "http://127.0.0.1:8000", "", "", 0, 0, {}))
def facts(client, credentials):
    sending = client._endpoint
    return [client.meta.endpoint_url, client.meta.region_name, credentials.access_key, credentials.token,
            sending.http_session._proxy_config.proxy_url_for(client.meta.endpoint_url), sending.http_session._verify]
session = botocore.session.get_session()
own = [where.client(name) for name in ("s3", "cloudformation", "cognito-idp", "lambda")]
plain = [session.create_client(name) for name in ("s3", "cloudformation")]
print(json.dumps({
    "clients": [facts(client, client._request_signer._credentials) for client in own + plain],
    "child": {name: value for name, value in where.child_environment().items() if name.startswith(("AWS_", "BOTO"))},
}))
"""


def test_hostile_settings_reach_neither_clients_nor_child_processes(tmp_path):
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text(CONFIG)
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = real\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, **HOSTILE, "HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["clients"]
    for client in seen["clients"]:
        assert client[:4] == ["http://127.0.0.1:8000", "us-east-1", "test", None]
        assert client[4] is None
        assert client[5] != HOSTILE["AWS_CA_BUNDLE"]
    assert seen["child"] == local_environment("http://127.0.0.1:8000")


def test_loopback_addresses_are_reached_without_a_proxy():
    clean = scrubbed({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "example.com"}, {})
    assert clean["NO_PROXY"] == clean["no_proxy"] == "example.com,127.0.0.1,localhost,::1"
    assert clean["HTTP_PROXY"] == "http://proxy:1"
    assert scrubbed(clean, {}) == clean


@pytest.mark.parametrize(
    "url", ["https://sts.amazonaws.com", "http://10.0.0.1:8000", "http://localhost.evil.example", ""]
)
def test_an_endpoint_elsewhere_is_refused_for_stage_local(url):
    with pytest.raises(DeployError, match="not on this machine"):
        require_loopback(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:8000"])
def test_an_endpoint_on_this_machine_is_accepted(url):
    require_loopback(url)
