"""`stages.yaml`: the tracked source of `.chalice/config.json` and of what Chalice cannot express."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from deploy.errors import DeployError
from deploy.yaml_files import read_yaml

_STAGE_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")


class User(msgspec.Struct, forbid_unknown_fields=True):
    """A demo user of the local stage."""

    username: str
    password: str
    groups: list[str] = []


class EventSource(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Settings of an event source mapping that Chalice's decorators do not have.

    Fields are UpdateEventSourceMapping's, in snake case:
    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
    """

    function_response_types: list[str] = []
    bisect_batch_on_function_error: bool = False
    maximum_retry_attempts: int | None = None
    maximum_record_age_in_seconds: int | None = None
    maximum_batching_window_in_seconds: int | None = None
    parallelization_factor: int | None = None
    tumbling_window_in_seconds: int | None = None
    maximum_concurrency: int | None = None
    on_failure_destination: str | None = None
    # A record is delivered if one of these patterns matches: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    filters: list[dict[str, Any]] | None = None


class AsyncInvocation(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How often an event that S3, SNS or a rule sends to a function is retried, and where it goes after that.

    Fields are PutFunctionEventInvokeConfig's, in snake case:
    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """

    on_failure_destination: str | None = None
    maximum_retry_attempts: int | None = None
    maximum_event_age_in_seconds: int | None = None


class Throttling(msgspec.Struct, forbid_unknown_fields=True):
    """The public stage's limits: requests a second, and how many at once."""

    rate_limit: float
    burst_limit: int


class CachedMethod(msgspec.Struct, forbid_unknown_fields=True):
    """How long one method's responses are cached, and which parts of the request are in the cache key."""

    ttl_seconds: int
    keys: list[str]


class Cache(msgspec.Struct, forbid_unknown_fields=True):
    """The public stage's cache; the keys of `methods` are like "GET /todos"."""

    size_gb: str
    methods: dict[str, CachedMethod]


class GatewayResponse(msgspec.Struct, forbid_unknown_fields=True):
    """A response that API Gateway gives without the function; headers without the quotes of mapping expressions."""

    status: str | None = None
    headers: dict[str, str] = {}
    template: str | None = None


class Api(msgspec.Struct, forbid_unknown_fields=True):
    """Settings of the public API stage that Chalice cannot express."""

    throttling: Throttling | None = None
    access_log_group: str | None = None
    cache: Cache | None = None
    gateway_responses: dict[str, GatewayResponse] = {}


class LocalServer(msgspec.Struct, forbid_unknown_fields=True):
    """A server that stage local has in place of a service outside AWS.

    `python -m MODULE --port PORT --state-dir FOLDER` runs it on 127.0.0.1. Its URL becomes the template's `parameter`.
    """

    module: str
    # It listens on the embedded AWS's port plus this.
    port_offset: int
    parameter: str


class StageSettings(msgspec.Struct, forbid_unknown_fields=True):
    """One app's settings for one stage; `defaults` are Chalice's stage settings."""

    parameters: dict[str, str] = {}
    # The primary region, and possibly a second one: see `deploy.regions`.
    regions: list[str] = []
    users: list[User] = []
    # By name; stage local only.
    servers: dict[str, LocalServer] = {}
    # A file of the app: packages beside those of requirements.txt, without what they require themselves.
    more_requirements: str = ""
    # The app's tasks that `run` keeps running, as they are typed: "simulate --devices 5"; stage local only.
    live_tasks: list[str] = []
    protected: bool = False
    defaults: dict[str, Any] = {}
    event_sources: dict[str, EventSource] = {}
    async_invocations: dict[str, AsyncInvocation] = {}
    api: Api = msgspec.field(default_factory=Api)


class PackageSettings(msgspec.Struct, forbid_unknown_fields=True):
    """The deployment package's content; `leave_out` are patterns of paths in it, as in `PurePath.match`."""

    leave_out: list[str] = []


class AppFile(msgspec.Struct, forbid_unknown_fields=True):
    """The content of stages.yaml. A stage's settings are merged over the app's."""

    name: str
    port_offset: int
    stages: dict[str, dict[str, Any]]
    # A route that a signed-in user can GET, for the command that `run` prints.
    example_route: str = "/"
    # Whether the app writes pages into its site bucket by itself, without a web client.
    renders_site: bool = False
    package: PackageSettings = msgspec.field(default_factory=PackageSettings)
    defaults: dict[str, Any] = {}
    event_sources: dict[str, dict[str, Any]] = {}
    async_invocations: dict[str, dict[str, Any]] = {}
    api: dict[str, Any] = {}

    def stage(self, stage: str) -> StageSettings:
        """The settings of one stage.

        Raises
        ------
        DeployError
            stages.yaml has no such stage, or an invalid setting for it.
        """
        if stage not in self.stages:
            raise DeployError(f"{self.name} has no stage {stage}; its stages.yaml has: {', '.join(self.stages)}")
        if not _STAGE_NAME.fullmatch(stage):
            raise DeployError(f"stage name {stage!r}: lower-case letters and digits only, at most 16")
        app_settings = {
            "defaults": self.defaults,
            "event_sources": self.event_sources,
            "async_invocations": self.async_invocations,
            "api": self.api,
        }
        try:
            return msgspec.convert(_merged(app_settings, self.stages[stage] or {}), StageSettings)
        except msgspec.ValidationError as error:
            raise DeployError(f"stages.yaml of {self.name}, stage {stage}: {error}") from error


@lru_cache
def app_file(path: Path) -> AppFile:
    """Read stages.yaml.

    Raises
    ------
    DeployError
        The file is not valid; the text names the line, or the field.
    """
    try:
        return msgspec.convert(read_yaml(path), AppFile)
    except msgspec.ValidationError as error:
        raise DeployError(f"{path.parent.name}/{path.name}: {error}") from error


def _merged(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in overrides.items():
        base_value = merged.get(key)
        if isinstance(base_value, dict) and isinstance(value, dict):
            merged[key] = _merged(base_value, value)
        else:
            merged[key] = value
    return merged
