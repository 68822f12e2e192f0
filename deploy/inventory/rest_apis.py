"""The stage's REST API, recognised by the function that it calls: Chalice's name for it does not contain the stage."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from deploy.apps import App
from deploy.target import Target


def rest_apis(app: App, target: Target) -> list[str]:
    """Ids of the REST APIs that carry the app's name and call this stage's function, oldest first."""
    pages = target.client("apigateway").get_paginator("get_rest_apis").paginate()
    same_name = [api for page in pages for api in page["items"] if api["name"] == app.name]
    same_name.sort(key=lambda api: api["createdDate"])
    return [api["id"] for api in same_name if _belongs(api, app, target)]


def rest_api_exists(target: Target, api: str) -> bool:
    """Whether there is such an API."""
    client = target.client("apigateway")
    try:
        client.get_rest_api(restApiId=api)
    except client.exceptions.NotFoundException:
        return False
    return True


def function_integrations(target: Target, api: str) -> Iterator[tuple[str, str, str]]:
    """(resource id, HTTP method, integration URI) of every method that calls a function."""
    pages = target.client("apigateway").get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    for page in pages:
        for resource in page["items"]:
            for verb, method in (resource.get("resourceMethods") or {}).items():
                uri = (method.get("methodIntegration") or {}).get("uri", "")
                if "/functions/" in uri:
                    yield resource["id"], verb, uri


def invoke_url(target: Target, api: str, stage: str) -> str:
    """The URL of an API's stage."""
    if target.run:
        return f"{target.run.endpoint_url}/restapis/{api}/{stage}/_user_request_"
    return f"https://{api}.execute-api.{target.region}.amazonaws.com/{stage}"


def stages_of(target: Target, api: str) -> dict[str, dict[str, Any]]:
    """The API's stages by name."""
    items = target.client("apigateway").get_stages(restApiId=api)["item"]
    return {item["stageName"]: item for item in items}


def deployments_of(target: Target, api: str) -> list[dict[str, Any]]:
    """The API's deployments, newest first."""
    pages = target.client("apigateway").get_paginator("get_deployments").paginate(restApiId=api)
    deployments = [item for page in pages for item in page["items"]]
    return sorted(deployments, key=lambda item: item["createdDate"], reverse=True)


def _belongs(api: dict[str, Any], app: App, target: Target) -> bool:
    tags = api.get("tags") or {}
    if "quartet:stage" in tags:
        return bool(tags["quartet:stage"] == target.stage)
    function = f":function:{app.full_name(target.stage)}"
    try:
        uris = [uri for _, _, uri in function_integrations(target, api["id"])]
    except ClientError:
        return False
    return any(f"{function}/" in uri or f"{function}:" in uri for uri in uris)
