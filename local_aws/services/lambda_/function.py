"""What an execution environment needs to know of a function."""

from dataclasses import dataclass
from pathlib import Path

from local_aws.services.lambda_.interpreter import RUNTIME
from local_aws.services.lambda_.pool import Version

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, "Unreserved environment variables".
_DEFAULTS = {
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "TZ": ":UTC",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
}


@dataclass(frozen=True)
class Function:
    """One function version as configured. `own` are the variables of its configuration."""

    version: Version
    arn: str
    role: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_seconds: float
    own: dict[str, str]
    code: bytes
    layers: tuple[bytes, ...]
    log_group: str


@dataclass(frozen=True)
class Place:
    """What one environment is told about itself beside the function's configuration."""

    code: Path
    temporary: Path
    endpoint_url: str
    log_stream: str
    credentials: dict[str, str]


def variables(function: Function, place: Place) -> dict[str, str]:
    """All environment variables of one environment: what Lambda documents, the function's own, and our endpoint.

    The reserved ones win over the function's own, as on Lambda.
    """
    reserved = {
        "_HANDLER": function.handler,
        "AWS_REGION": function.version.region,
        "AWS_DEFAULT_REGION": function.version.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{RUNTIME}",
        "AWS_LAMBDA_FUNCTION_NAME": function.version.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version.qualifier,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": place.log_stream,
        "LAMBDA_TASK_ROOT": str(place.code),
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
        **place.credentials,
    }
    # Lambda has one /tmp per environment; here tempfile and whatever follows TMPDIR and HOME finds that.
    ours = {
        "AWS_ENDPOINT_URL": place.endpoint_url,
        "TMPDIR": str(place.temporary),
        "HOME": str(place.temporary),
    }
    return {**_DEFAULTS, **ours, **function.own, **reserved}
