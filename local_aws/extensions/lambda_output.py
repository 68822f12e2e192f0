"""A silent function answers without a wait for its log lines (superseded by an end marker)."""

from ministack.core import lambda_runtime

from local_aws.extension import Hook
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.core.lambda_runtime:Worker._drain_stderr_bounded", "self,first_line_wait,idle_confirm,hard_cap"),
)


def install(settings: Settings) -> None:
    """Put the hooks in place."""
    drain = lambda_runtime.Worker._drain_stderr_bounded
    lambda_runtime.Worker._drain_stderr_bounded = lambda worker: drain(worker, 0.003, 0.001)
