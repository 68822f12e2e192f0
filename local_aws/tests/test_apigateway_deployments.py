"""Deployments are snapshots; a stage serves its deployment, after a restart too."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws
from local_aws.tests.apis import document, import_api, operation
from local_aws.tests.http_call import call_api


def answering(text, **settings):
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": text}}},
    }
    return document({"/": {"get": operation(mock)}}, **settings)


def put(aws, api_id, api):
    aws.client("apigateway").put_rest_api(restApiId=api_id, mode="overwrite", body=json.dumps(api).encode())


def deploy(aws, api_id, **settings):
    return aws.client("apigateway").create_deployment(restApiId=api_id, **settings)["id"]


def point(aws, api_id, stage, deployment_id):
    patch = [{"op": "replace", "path": "/deploymentId", "value": deployment_id}]
    aws.client("apigateway").update_stage(restApiId=api_id, stageName=stage, patchOperations=patch)


def served(aws, api_id, stage):
    return call_api(aws, api_id, "GET", f"/{stage}").body.decode()


@pytest.fixture
def api_id(aws):
    return import_api(aws, answering("one"))


def test_a_change_is_live_only_after_its_deployment(aws, api_id):
    gateway = aws.client("apigateway")
    first = deploy(aws, api_id, stageName="preview")
    gateway.create_stage(restApiId=api_id, stageName="api", deploymentId=first)
    responses = {"MISSING_AUTHENTICATION_TOKEN": {"statusCode": "418"}}
    put(aws, api_id, answering("two", **{"x-amazon-apigateway-gateway-responses": responses}))
    assert (served(aws, api_id, "preview"), served(aws, api_id, "api")) == ("one", "one")
    second = deploy(aws, api_id, stageName="preview")
    assert (served(aws, api_id, "preview"), served(aws, api_id, "api")) == ("two", "one")
    assert call_api(aws, api_id, "GET", "/preview/x").status == 418
    assert call_api(aws, api_id, "GET", "/api/x").status == 403
    point(aws, api_id, "api", second)
    assert served(aws, api_id, "api") == "two"
    point(aws, api_id, "api", first)
    assert served(aws, api_id, "api") == "one"
    assert {deployment["id"] for deployment in gateway.get_deployments(restApiId=api_id)["items"]} == {first, second}


def test_a_deployment_in_use_cannot_be_deleted(aws, api_id):
    gateway = aws.client("apigateway")
    first = deploy(aws, api_id, stageName="s")
    with pytest.raises(ClientError, match="Active stages pointing to this deployment"):
        gateway.delete_deployment(restApiId=api_id, deploymentId=first)
    deploy(aws, api_id, stageName="s")
    gateway.delete_deployment(restApiId=api_id, deploymentId=first)
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.get_deployment(restApiId=api_id, deploymentId=first)
    with pytest.raises(ClientError, match="Deployment id does not exist"):
        point(aws, api_id, "s", first)
    assert served(aws, api_id, "s") == "one"


def test_an_api_without_methods_or_integrations_cannot_be_deployed(aws):
    gateway = aws.client("apigateway")
    empty = gateway.create_rest_api(name="empty")["id"]
    with pytest.raises(ClientError, match="doesn't contain any methods"):
        gateway.create_deployment(restApiId=empty, stageName="s")
    root = gateway.get_resources(restApiId=empty)["items"][0]["id"]
    gateway.put_method(restApiId=empty, resourceId=root, httpMethod="GET", authorizationType="NONE")
    with pytest.raises(ClientError, match="No integration defined for method"):
        gateway.create_deployment(restApiId=empty, stageName="s")
    with pytest.raises(ClientError, match="Deployment id does not exist"):
        gateway.create_stage(restApiId=empty, stageName="s", deploymentId="nothing")


def test_old_deployments_that_no_stage_uses_are_deleted(aws, api_id):
    gateway = aws.client("apigateway")
    used = deploy(aws, api_id, stageName="kept")
    for _ in range(205):
        deploy(aws, api_id)
    ids = [deployment["id"] for deployment in gateway.get_deployments(restApiId=api_id, limit=500)["items"]]
    assert len(ids) <= 201
    assert used in ids
    assert served(aws, api_id, "kept") == "one"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_stages_serve_their_deployments_after_a_restart(tmp_path, end):
    server = EmbeddedAws(tmp_path).start()
    try:
        api_id = import_api(server, answering("one"))
        first = deploy(server, api_id, stageName="api")
        put(server, api_id, answering("two"))
        second = deploy(server, api_id, stageName="preview")
        server.wait_until_saved()
        getattr(server, end)()
        server.start()
        assert (served(server, api_id, "api"), served(server, api_id, "preview")) == ("one", "two")
        point(server, api_id, "api", second)
        assert served(server, api_id, "api") == "two"
        point(server, api_id, "api", first)
        assert served(server, api_id, "api") == "one"
    finally:
        server.stop()
