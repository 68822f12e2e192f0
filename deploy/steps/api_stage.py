"""Step 4, public API: complete what Chalice deployed, make a deployment of it, and move the public stage `api` to it.

A deployment is a snapshot of the API and calls one published version of the function. So the public stage is one
pointer: moving it back restores routes, settings and code together, and a `chalice deploy` by hand changes only
`preview`.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.rest_apis import deployments_of, function_integrations, stages_of
from deploy.progress import Progress
from deploy.settings import Api
from deploy.steps.api_settings import deployed_settings, put_cache_keys, put_stage
from deploy.steps.gateway_responses import put_gateway_responses
from deploy.target import Target

PUBLIC_STAGE = "api"
_OURS = "quartet "
_KEPT_DEPLOYMENTS = 10


@dataclass(frozen=True)
class PublicStage:
    """The public stage of one app's REST API."""

    app: App
    target: Target
    api: str
    progress: Progress

    @cached_property
    def _settings(self) -> Api:
        return self.app.stage(self.target.stage).api

    @property
    def _client(self) -> Any:
        return self.target.client("apigateway")

    def publish(self, deployed_digest: str) -> None:
        """Move the public stage to a deployment of what Chalice deployed last.

        `deployed_digest` identifies that. A deployment with the same digest and the same settings is used again.
        """
        mark = f"{_OURS}{_digest([deployed_digest, deployed_settings(self.app, self._settings)])} "
        equal_deployments = [item["id"] for item in self.prepared() if item["description"].startswith(mark)]
        self.point_to(equal_deployments[0] if equal_deployments else self._prepare(mark))
        self._delete_old()

    def prepared(self) -> list[dict[str, Any]]:
        """The deployments that this tool made, newest first."""
        deployments = deployments_of(self.target, self.api)
        return [item for item in deployments if (item.get("description") or "").startswith(_OURS)]

    def current(self) -> str | None:
        """The deployment that the public stage points at."""
        stage = stages_of(self.target, self.api).get(PUBLIC_STAGE)
        return stage["deploymentId"] if stage else None

    def point_to(self, deployment: str) -> None:
        """Move the public stage to a prepared deployment.

        Raises
        ------
        DeployError
            There is no such deployment, or this tool did not make it.
        """
        descriptions = {item["id"]: item["description"] for item in self.prepared()}
        if deployment not in descriptions:
            raise DeployError(
                f"{self.app.key} has no prepared deployment {deployment}; newest first: {', '.join(descriptions)}"
            )
        if self.current() is None:
            tags = self.app.tags(self.target.stage)
            self._client.create_stage(restApiId=self.api, stageName=PUBLIC_STAGE, deploymentId=deployment, tags=tags)
            self.progress.change(f"public stage created at deployment {deployment}")
        settings = self._settings
        if f" {self._cache_mark()} " not in descriptions[deployment]:
            # An older deployment has other cache keys, or none: it gets no cache.
            settings = msgspec.structs.replace(settings, cache=None)
        for change in put_stage(self.app, self.target, self.api, PUBLIC_STAGE, deployment, settings):
            self.progress.change(change)

    def _cache_mark(self) -> str:
        return f"cache {_digest(msgspec.to_builtins(self._settings.cache))[:8]}"

    def _prepare(self, mark: str) -> str:
        put_gateway_responses(self.app, self.target, self.api, self._settings)
        put_cache_keys(self.target, self.api, self._settings)
        version = self._pin_function()
        arn = f"arn:aws:apigateway:{self.target.region}::/restapis/{self.api}"
        self._client.tag_resource(resourceArn=arn, tags=self.app.tags(self.target.stage))
        answer = self._client.create_deployment(
            restApiId=self.api, description=f"{mark}{self._cache_mark()} function {version}"
        )
        self.progress.change(f"deployment {answer['id']} prepared, with version {version} of the function")
        return str(answer["id"])

    def _pin_function(self) -> str:
        """Publish a version of the API's function and let the API's methods call it; returns the version."""
        name = self.app.full_name(self.target.stage)
        published = self.target.client("lambda").publish_version(FunctionName=name)
        version, arn = str(published["Version"]), str(published["FunctionArn"])
        self._allow_invocation(version, arn)
        for resource, verb, uri in function_integrations(self.target, self.api):
            path, _, called = uri.partition("/functions/")
            if called.removesuffix("/invocations").split(":")[6:7] == [name]:
                operation = {"op": "replace", "path": "/uri", "value": f"{path}/functions/{arn}/invocations"}
                self._client.update_integration(
                    restApiId=self.api, resourceId=resource, httpMethod=verb, patchOperations=[operation]
                )
        return version

    def _allow_invocation(self, version: str, arn: str) -> None:
        client = self.target.client("lambda")
        region, account = arn.split(":")[3:5]
        try:
            client.add_permission(
                FunctionName=self.app.full_name(self.target.stage),
                Qualifier=version,
                StatementId=f"quartet-{self.api}",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=f"arn:aws:execute-api:{region}:{account}:{self.api}/*",
            )
        except client.exceptions.ResourceConflictException:
            return

    def _delete_old(self) -> None:
        """Delete all but the newest deployments and those of a stage, and the function's versions that none calls."""
        used = {stage["deploymentId"] for stage in stages_of(self.target, self.api).values()}
        prepared = self.prepared()
        for item in prepared[_KEPT_DEPLOYMENTS:]:
            if item["id"] not in used:
                self._client.delete_deployment(restApiId=self.api, deploymentId=item["id"])
        remaining = [item for item in prepared if item in prepared[:_KEPT_DEPLOYMENTS] or item["id"] in used]
        if len(remaining) < len(prepared):
            self._delete_versions_except({item["description"].rpartition(" ")[2] for item in remaining})

    def _delete_versions_except(self, used: set[str]) -> None:
        client = self.target.client("lambda")
        name = self.app.full_name(self.target.stage)
        for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=name):
            for item in page["Versions"]:
                if item["Version"] not in {"$LATEST", *used}:
                    client.delete_function(FunctionName=name, Qualifier=item["Version"])


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]
