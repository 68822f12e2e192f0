"""Makes each deployment a snapshot of its API, which stages serve.

AWS: callers see a change to an API only when the API is deployed again and the stage points to that deployment;
a stage's `deploymentId` can be set to any deployment, older ones too
(https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html). A deployment does not
contain Lambda functions: integrations refer to them, and a function's current code runs.
Lacking here: MiniStack's stages serve the current API (except gateway responses), whichever deployment they point to.
It deploys APIs without integrations, and deletes deployments that stages use.

AWS keeps every deployment. Here an API keeps its newest 200 deployments, and those that a stage uses.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import put, wraps
from local_aws.services.apigateway import stage_cache
from local_aws.services.apigateway.snapshot import DeployedApi, Snapshots, current_deployment, serialize

_API_GATEWAY = "ministack.services.apigateway_v1"
_MAX_DEPLOYMENTS = 200
_STATE = "quartet_deployment_snapshots"
_snapshots = AccountRegionScopedDict()
Json = dict[str, Any]


class _DeploymentStore(AccountRegionScopedDict):  # type: ignore[misc]
    """A store that returns the definitions of the deployment that serves the current request, or else the live ones."""

    __slots__ = ("section",)

    def __init__(self, section: str, live: AccountRegionScopedDict) -> None:
        super().__init__()
        self.section = section
        self._data = live._data  # type: ignore[misc] # mypy does not see the slots of MiniStack's class

    def get(self, key: str, default: Any = None) -> Any:
        current = current_deployment.get()
        return super().get(key, default) if current is None else current.sections[self.section]


put(f"{_API_GATEWAY}:_authorizers_v1", _DeploymentStore("authorizers", upstream._authorizers_v1), __name__)
put(f"{_API_GATEWAY}:_models", _DeploymentStore("models", upstream._models), __name__)
put(f"{_API_GATEWAY}:_request_validators", _DeploymentStore("validators", upstream._request_validators), __name__)


def deployed_api(api_id: str, stage: Json) -> DeployedApi | None:
    """The deployed API that a stage serves, in the current account and region."""
    record = _snapshots.get(api_id)
    return Snapshots(record).get(stage.get("deploymentId") or "") if record else None


def _take_snapshot(api_id: str, deployment_id: str) -> None:
    stores = {
        "api": upstream._rest_apis,
        "resources": upstream._resources,
        "authorizers": upstream._authorizers_v1,
        "models": upstream._models,
        "validators": upstream._request_validators,
    }
    document = {section: store.get(api_id) or {} for section, store in stores.items()}
    Snapshots(_snapshots.setdefault(api_id, Snapshots.empty())).put(deployment_id, serialize(document))


def _bad_request(message: str) -> Any:
    return upstream._v1_error("BadRequestException", message, 400)


@wraps(f"{_API_GATEWAY}:_create_deployment")
def _create_deployment(create: Callable[..., Any], api_id: str, data: Json) -> Any:
    if api_id in upstream._rest_apis and (problem := _undeployable_reason(api_id)):
        return _bad_request(problem)
    existing_ids = set(upstream._deployments_v1.get(api_id, {}))
    response = create(api_id, data)
    for deployment_id in set(upstream._deployments_v1.get(api_id, {})) - existing_ids:
        _take_snapshot(api_id, deployment_id)
        _apply_stage_settings(api_id, data)
        _delete_oldest(api_id)
    return response


def _undeployable_reason(api_id: str) -> str | None:
    resources = upstream._resources.get(api_id, {}).values()
    methods = [method for resource in resources for method in resource["resourceMethods"].values()]
    if not methods:
        return "The REST API doesn't contain any methods"
    if not all(method.get("methodIntegration") for method in methods):
        return "No integration defined for method"
    return None


def _apply_stage_settings(api_id: str, data: Json) -> None:
    """Apply the stage settings of CreateDeployment. MiniStack applies some of them, and only to a new stage."""
    stage = upstream._stages_v1.get(api_id, {}).get(data.get("stageName"))
    if stage is not None:
        stage["variables"] = {**(stage.get("variables") or {}), **(data.get("variables") or {})}
        for name in ("tracingEnabled", "cacheClusterEnabled", "cacheClusterSize"):
            if data.get(name) is not None:
                stage[name] = data[name]


def _in_use(api_id: str) -> set[str]:
    return {stage.get("deploymentId") or "" for stage in upstream._stages_v1.get(api_id, {}).values()}


def _delete_oldest(api_id: str) -> None:
    deployments, in_use = upstream._deployments_v1[api_id], _in_use(api_id)
    for deployment_id in list(deployments)[:-_MAX_DEPLOYMENTS]:
        if deployment_id not in in_use:
            upstream._delete_deployment(api_id, deployment_id)


@wraps(f"{_API_GATEWAY}:_delete_deployment")
def _delete_deployment(delete: Callable[..., Any], api_id: str, deployment_id: str) -> Any:
    if deployment_id in _in_use(api_id):
        return _bad_request("Active stages pointing to this deployment must be moved or deleted")
    response = delete(api_id, deployment_id)
    record = _snapshots.get(api_id)
    if record:
        Snapshots(record).retain(set(upstream._deployments_v1.get(api_id, {})))
    return response


@wraps(f"{_API_GATEWAY}:_create_stage")
def _create_stage(create: Callable[..., Any], api_id: str, data: Json) -> Any:
    name = data.get("stageName", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name):
        return _bad_request("Stage name only allows a-zA-Z0-9_- and must not be empty")
    if name in upstream._stages_v1.get(api_id, {}):
        return _conflict("Stage already exists")
    if api_id in upstream._rest_apis and data.get("deploymentId") not in upstream._deployments_v1.get(api_id, {}):
        return _bad_request("Deployment id does not exist")
    return create(api_id, data)


def _conflict(message: str) -> Any:
    return upstream._v1_error("ConflictException", message, 409)


@wraps(f"{_API_GATEWAY}:_update_stage")
def _update_stage(update: Callable[..., Any], api_id: str, stage_name: str, data: Json) -> Any:
    for operation in data.get("patchOperations") or []:
        is_move = operation.get("path") == "/deploymentId"
        if is_move and operation.get("value") not in upstream._deployments_v1.get(api_id, {}):
            return _bad_request("Deployment id does not exist")
        if str(operation.get("path")).startswith("/cacheCluster"):
            stage_cache.flush(api_id, stage_name)
    return update(api_id, stage_name, data)


@wraps(f"{_API_GATEWAY}:_delete_rest_api")
def _delete_rest_api(delete: Callable[..., Any], api_id: str) -> Any:
    _snapshots.pop(api_id, None)
    stage_cache.flush_all(api_id)
    return delete(api_id)


@wraps(f"{_API_GATEWAY}:get_state")
def _with_snapshots(get: Callable[[], Json]) -> Json:
    """Add the snapshots to the saved state of API Gateway."""
    return {**get(), _STATE: _snapshots}


@wraps(f"{_API_GATEWAY}:load_persisted_state")
def _load_snapshots(load: Callable[[Json], None], data: Json) -> None:
    """Load the snapshots. A deployment without one gets a snapshot of the current API."""
    load(data)
    _snapshots.update((data or {}).get(_STATE) or {})
    for (account, region, api_id), deployments in upstream._deployments_v1.all_items():
        snapshot_ids = (_snapshots.get_scoped(account, region, api_id) or Snapshots.empty())["digests"]
        with upstream.request_scope(account, region):
            for deployment_id in set(deployments) - set(snapshot_ids):
                _take_snapshot(api_id, deployment_id)


@wraps(f"{_API_GATEWAY}:reset")
def _reset(reset: Callable[[], None]) -> None:
    """Delete the snapshots and the cached responses too."""
    _snapshots.clear()
    stage_cache.flush_all()
    reset()
