"""A function version's configuration, and the environment variables that follow from it."""

from dataclasses import dataclass
from pathlib import Path

from local_aws.services.lambda_.default_variables import DEFAULT_VARIABLES
from local_aws.services.lambda_.interpreter import RUNTIME
from local_aws.services.lambda_.package import Package
from local_aws.services.lambda_.pool import FunctionVersion


@dataclass(frozen=True)
class FunctionConfiguration:
    """The configuration of one function version."""

    version: FunctionVersion
    arn: str
    role: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_seconds: float
    configured_variables: dict[str, str]
    code: Package
    layers: tuple[bytes, ...]
    log_group: str


@dataclass(frozen=True)
class EnvironmentContext:
    """The values of one execution environment that are not in the function's configuration."""

    code: Path
    temporary: Path
    trusted: Path
    endpoint_url: str
    log_stream: str
    credentials: dict[str, str]


def variables(function: FunctionConfiguration, context: EnvironmentContext) -> dict[str, str]:
    """All environment variables of one environment: Lambda's, the function's, and the endpoint of the embedded AWS.

    As on Lambda, reserved variables override the function's own.
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
        "AWS_LAMBDA_LOG_STREAM_NAME": context.log_stream,
        "LAMBDA_TASK_ROOT": str(context.code),
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
        **context.credentials,
    }
    # On Lambda each environment has its own /tmp. Here code that respects TMPDIR and HOME gets a folder of its own.
    ours = {
        "AWS_ENDPOINT_URL": context.endpoint_url,
        "TMPDIR": str(context.temporary),
        "HOME": str(context.temporary),
    }
    if context.trusted.exists():
        # On AWS a cluster's certificate is signed by an authority that everybody trusts.
        ours["SSL_CERT_FILE"] = str(context.trusted)
    return {**DEFAULT_VARIABLES, **ours, **function.configured_variables, **reserved}
