"""Deployments that are snapshots, and stages that serve them.

AWS: a change to an API reaches callers only when the API is deployed again and the stage points at that deployment;
a stage's `deploymentId` can be moved to any deployment, back as well
(https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html). Lambda functions are not part of
it: integrations name them, and the function's current code answers.
Lacking here: MiniStack's stages serve the API as it is now (gateway responses excepted), whatever they point at; it
deploys APIs that cannot work, and deletes deployments that stages use.
Hooked at: `apigateway_v1`'s operations on deployments and stages, its state, and the stores that its data plane reads.

AWS keeps every deployment. Here the newest 200 of an API stay, and any that a stage uses.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import Hook
from local_aws.services.apigateway.snapshot import Deployed, Snapshots, serving, text_of
from local_aws.settings import Settings

_MODULE = "ministack.services.apigateway_v1"
_PARTS = {
    "api": "_rest_apis",
    "resources": "_resources",
    "authorizers": "_authorizers_v1",
    "models": "_models",
    "validators": "_request_validators",
}
HOOKS = (
    Hook(f"{_MODULE}:_create_deployment", "api_id,data"),
    Hook(f"{_MODULE}:_delete_deployment", "api_id,deployment_id"),
    Hook(f"{_MODULE}:_create_stage", "api_id,data"),
    Hook(f"{_MODULE}:_update_stage", "api_id,stage_name,data"),
    Hook(f"{_MODULE}:_delete_rest_api", "api_id"),
    Hook(f"{_MODULE}:get_state", ""),
    Hook(f"{_MODULE}:load_persisted_state", "data"),
    Hook(f"{_MODULE}:reset", ""),
    Hook(f"{_MODULE}:_v1_error", "code,message,status"),
    Hook(f"{_MODULE}:_stages_v1", "type:AccountRegionScopedDict"),
    Hook(f"{_MODULE}:_deployments_v1", "type:AccountRegionScopedDict"),
    *(Hook(f"{_MODULE}:{name}", "type:AccountRegionScopedDict") for name in _PARTS.values()),
    Hook(f"{_MODULE}:request_scope", "account_id,region"),
    Hook("ministack.core.responses:AccountRegionScopedDict", "type:type"),
)
_MAX_DEPLOYMENTS = 200
_STATE = "quartet_deployment_snapshots"
_snapshots = AccountRegionScopedDict()
Json = dict[str, Any]


class _ServedStore(AccountRegionScopedDict):  # type: ignore[misc]
    """A store of definitions: the live ones, or, while a stage serves a request, its deployment's."""

    __slots__ = ("part",)

    def get(self, key: str, default: Any = None) -> Any:
        current = serving.get()
        return super().get(key, default) if current is None else current.parts[self.part]


def install(settings: Settings) -> None:
    """Take snapshots, serve them, and keep them with API Gateway's state."""
    for part in ("authorizers", "models", "validators"):
        store = _ServedStore()
        store.part, store._data = part, getattr(upstream, _PARTS[part])._data
        setattr(upstream, _PARTS[part], store)
    operations = (_create_deployment, _delete_deployment, _create_stage, _update_stage, _delete_rest_api)
    for wrapper in (*operations, get_state, load_persisted_state, reset):
        _wrap(wrapper)


def _wrap(wrapper: Callable[..., Any]) -> None:
    original = getattr(upstream, wrapper.__name__)
    setattr(upstream, wrapper.__name__, functools.wraps(original)(functools.partial(wrapper, original)))


def deployed_on(api_id: str, stage: Json) -> Deployed | None:
    """The definition that a stage serves, in the current account and region."""
    record = _snapshots.get(api_id)
    return Snapshots(record).get(stage.get("deploymentId") or "") if record else None


def _take(api_id: str, deployment_id: str) -> None:
    document = {part: getattr(upstream, store).get(api_id) or {} for part, store in _PARTS.items()}
    Snapshots(_snapshots.setdefault(api_id, Snapshots.empty())).put(deployment_id, text_of(document))


def _refused(message: str) -> Any:
    return upstream._v1_error("BadRequestException", message, 400)


def _create_deployment(original: Callable[..., Any], api_id: str, data: Json) -> Any:
    if api_id in upstream._rest_apis and (problem := _not_deployable(api_id)):
        return _refused(problem)
    known = set(upstream._deployments_v1.get(api_id, {}))
    response = original(api_id, data)
    for deployment_id in set(upstream._deployments_v1.get(api_id, {})) - known:
        _take(api_id, deployment_id)
        _set_up_stage(api_id, data)
        _forget_oldest(api_id)
    return response


def _not_deployable(api_id: str) -> str | None:
    methods = [
        method for each in upstream._resources.get(api_id, {}).values() for method in each["resourceMethods"].values()
    ]
    if not methods:
        return "The REST API doesn't contain any methods"
    if not all(method.get("methodIntegration") for method in methods):
        return "No integration defined for method"
    return None


def _set_up_stage(api_id: str, data: Json) -> None:
    """What CreateDeployment says about its stage, which upstream heeds for a new stage only, or not at all."""
    stage = upstream._stages_v1.get(api_id, {}).get(data.get("stageName"))
    if stage is not None:
        stage["variables"] = {**(stage.get("variables") or {}), **(data.get("variables") or {})}
        for name in ("tracingEnabled", "cacheClusterEnabled", "cacheClusterSize"):
            if data.get(name) is not None:
                stage[name] = data[name]


def _in_use(api_id: str) -> set[str]:
    return {stage.get("deploymentId") or "" for stage in upstream._stages_v1.get(api_id, {}).values()}


def _forget_oldest(api_id: str) -> None:
    deployments, in_use = upstream._deployments_v1[api_id], _in_use(api_id)
    for deployment_id in list(deployments)[:-_MAX_DEPLOYMENTS]:
        if deployment_id not in in_use:
            upstream._delete_deployment(api_id, deployment_id)


def _delete_deployment(original: Callable[..., Any], api_id: str, deployment_id: str) -> Any:
    if deployment_id in _in_use(api_id):
        return _refused("Active stages pointing to this deployment must be moved or deleted")
    response = original(api_id, deployment_id)
    record = _snapshots.get(api_id)
    if record:
        Snapshots(record).keep_only(set(upstream._deployments_v1.get(api_id, {})))
    return response


def _create_stage(original: Callable[..., Any], api_id: str, data: Json) -> Any:
    name = data.get("stageName", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name):
        return _refused("Stage name only allows a-zA-Z0-9_- and must not be empty")
    if name in upstream._stages_v1.get(api_id, {}):
        return _conflict("Stage already exists")
    if api_id in upstream._rest_apis and data.get("deploymentId") not in upstream._deployments_v1.get(api_id, {}):
        return _refused("Deployment id does not exist")
    return original(api_id, data)


def _conflict(message: str) -> Any:
    return upstream._v1_error("ConflictException", message, 409)


def _update_stage(original: Callable[..., Any], api_id: str, stage_name: str, data: Json) -> Any:
    for operation in data.get("patchOperations") or []:
        is_move = operation.get("path") == "/deploymentId"
        if is_move and operation.get("value") not in upstream._deployments_v1.get(api_id, {}):
            return _refused("Deployment id does not exist")
    return original(api_id, stage_name, data)


def _delete_rest_api(original: Callable[..., Any], api_id: str) -> Any:
    _snapshots.pop(api_id, None)
    return original(api_id)


def get_state(original: Callable[[], Json]) -> Json:
    """API Gateway's state, with the snapshots."""
    return {**original(), _STATE: _snapshots}


def load_persisted_state(original: Callable[[Json], None], data: Json) -> None:
    """Restore the snapshots too; a deployment from before there were any gets the API as it is."""
    original(data)
    _snapshots.update((data or {}).get(_STATE) or {})
    for (account, region, api_id), deployments in upstream._deployments_v1.all_items():
        taken = (_snapshots.get_scoped(account, region, api_id) or Snapshots.empty())["digests"]
        with upstream.request_scope(account, region):
            for deployment_id in set(deployments) - set(taken):
                _take(api_id, deployment_id)


def reset(original: Callable[[], None]) -> None:
    """Forget everything."""
    _snapshots.clear()
    original()
