"""Functions' worker processes end with the server.

On AWS an execution environment belongs to the service. MiniStack's workers are children that notice a killed server
only when they next read their input, so one that runs a handler goes on calling a port that nobody (or, worse, the next
server) listens on. Here every worker is started in one process group that dies with the server: `local_aws.processes`.

Hooked: the name `subprocess` in `ministack.core.lambda_runtime`.
"""

from ministack.core import lambda_runtime

from local_aws.extension import Hook
from local_aws.processes import GroupedSubprocess
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.core.lambda_runtime:subprocess", "type:module"),
    Hook("ministack.core.lambda_runtime:reset", ""),
)


def install(settings: Settings) -> None:
    """Start every worker in the group."""
    lambda_runtime.subprocess = GroupedSubprocess()
