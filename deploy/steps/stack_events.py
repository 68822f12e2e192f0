"""Why a stack operation failed: the reasons of the resources that failed."""

from typing import Any


def failure_reasons(client: Any, stack_id: str, since: float) -> str:
    """One line for each failed resource with its reason, oldest first; `since` is in seconds since the epoch."""
    pages = client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    events = [event for page in pages for event in page["StackEvents"]]
    lines = [
        f"  {event['LogicalResourceId']} ({event.get('ResourceType')}): {event['ResourceStatusReason']}"
        for event in reversed(events)
        if _is_cause(event, since)
    ]
    return "\n".join(lines) or "  CloudFormation gives no reason"


def _is_cause(event: dict[str, Any], since: float) -> bool:
    """Whether the event is a failure since then, and not a cancellation because another resource failed."""
    reason = event.get("ResourceStatusReason", "")
    # Some responses have whole seconds, and AWS's clock is not ours.
    is_recent = event["Timestamp"].timestamp() >= since - 2
    return is_recent and event["ResourceStatus"].endswith("FAILED") and bool(reason) and "cancelled" not in reason
