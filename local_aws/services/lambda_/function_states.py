"""Makes functions ready as soon as they are created or updated.

AWS creates and updates functions asynchronously: `State` goes Pending to Active and `LastUpdateStatus` InProgress to
Successful (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html), and clients poll for it, boto3's
waiters every second or five. Nothing here takes that time. MiniStack changes both states after half a second, so each
function of a deployment costs its client one full polling period. Here they change before the response.
"""

from typing import Any

from ministack.services import lambda_svc

from local_aws.hooks import replaces

_READY = {
    "State": "Active",
    "StateReason": "",
    "StateReasonCode": "",
    "LastUpdateStatus": "Successful",
    "LastUpdateStatusReason": "",
    "LastUpdateStatusReasonCode": "",
}


@replaces("ministack.services.lambda_svc:_schedule_state_transition")
def _make_ready(func_name: str, delay: float) -> None:
    """Set both states to ready; MiniStack calls this in the account and region of each create and update."""
    function = lambda_svc._functions.get(func_name)
    if function is None:
        return
    for record in (function, *function.get("versions", {}).values()):
        config = record["config"]
        if not _restoring(config):
            config.update(_READY)


def _restoring(config: dict[str, Any]) -> bool:
    """Whether this is a published SnapStart version, which has states of its own."""
    published = config.get("Version", "$LATEST") != "$LATEST"
    return published and bool(config.get("SnapStart", {}).get("OptimizationStatus") == "On")
