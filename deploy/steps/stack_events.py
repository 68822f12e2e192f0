"""Why a stack failed, in the words of the resources that did."""

from typing import Any


def failure_reasons(client: Any, stack_id: str, since: float) -> str:
    """The failed resources' own reasons, oldest first; `since` is a time in seconds."""
    pages = client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    events = [event for page in pages for event in page["StackEvents"]]
    failed = [
        f"  {event['LogicalResourceId']} ({event.get('ResourceType')}): {event['ResourceStatusReason']}"
        for event in reversed(events)
        if _is_cause(event, since)
    ]
    return "\n".join(failed) or "  CloudFormation gives no reason"


def _is_cause(event: dict[str, Any], since: float) -> bool:
    """Whether it is a failure of its own in this update, and no cancellation because of another."""
    reason = event.get("ResourceStatusReason", "")
    # The events' times have whole seconds in some answers, and their clock is another one.
    recent = event["Timestamp"].timestamp() >= since - 2
    return recent and event["ResourceStatus"].endswith("FAILED") and bool(reason) and "cancelled" not in reason
