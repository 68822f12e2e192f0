"""Step 4 for the API: prepare what Chalice left, deploy it, and move the public stage `api` there, last.

A deployment is a snapshot, and calls one published version of the function. So the public stage is one pointer:
moving it back brings back routes, settings and code together, and a `chalice deploy` by hand shows at `preview` only.
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
        """Make the public stage answer with what Chalice deployed last.

        `deployed_digest` is of what Chalice deployed: a deployment that was prepared from the same, with the same
        settings, is used again.
        """
        mark = f"{_OURS}{_digest([deployed_digest, deployed_settings(self.app, self._settings)])} "
        existing = [item["id"] for item in self.prepared() if item["description"].startswith(mark)]
        self.point_to(existing[0] if existing else self._prepare(mark))
        self._delete_old()

    def prepared(self) -> list[dict[str, Any]]:
        """The deployments that this tool prepared, newest first."""
        found = deployments_of(self.target, self.api)
        return [item for item in found if (item.get("description") or "").startswith(_OURS)]

    def current(self) -> str | None:
        """The deployment that the public stage points at."""
        stage = stages_of(self.target, self.api).get(PUBLIC_STAGE)
        return stage["deploymentId"] if stage else None

    def point_to(self, deployment: str) -> None:
        """Move the public stage to a prepared deployment.

        Raises
        ------
        DeployError
            There is no such deployment, or this tool did not prepare it.
        """
        found = {item["id"]: item["description"] for item in self.prepared()}
        if deployment not in found:
            raise DeployError(
                f"{self.app.key} has no prepared deployment {deployment}; newest first: {', '.join(found)}"
            )
        if self.current() is None:
            tags = self.app.tags(self.target.stage)
            self._client.create_stage(restApiId=self.api, stageName=PUBLIC_STAGE, deploymentId=deployment, tags=tags)
            self.progress.change(f"public stage made, at deployment {deployment}")
        settings = self._settings
        if f" {self._cache_mark()} " not in found[deployment]:
            # An older deployment has other cache keys, or none: it is served without a cache.
            settings = msgspec.structs.replace(settings, cache=None)
        for text in put_stage(self.app, self.target, self.api, PUBLIC_STAGE, deployment, settings):
            self.progress.change(text)

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
        """Publish the API's function as it is and let the API's methods call that version."""
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
        """Keep the newest deployments and those a stage points at, with the versions of the function they call."""
        used = {stage["deploymentId"] for stage in stages_of(self.target, self.api).values()}
        prepared = self.prepared()
        for item in prepared[_KEPT_DEPLOYMENTS:]:
            if item["id"] not in used:
                self._client.delete_deployment(restApiId=self.api, deploymentId=item["id"])
        kept = [item for item in prepared if item in prepared[:_KEPT_DEPLOYMENTS] or item["id"] in used]
        if len(kept) < len(prepared):
            self._delete_versions_but({item["description"].rpartition(" ")[2] for item in kept})

    def _delete_versions_but(self, kept: set[str]) -> None:
        client = self.target.client("lambda")
        name = self.app.full_name(self.target.stage)
        for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=name):
            for item in page["Versions"]:
                if item["Version"] not in {"$LATEST", *kept}:
                    client.delete_function(FunctionName=name, Qualifier=item["Version"])


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]
