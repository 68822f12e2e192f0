"""Steps 1 and 5: create or update the stack of `resources.yaml` by a change set, which is printed before it runs."""

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from deploy.confirmation import Confirmation
from deploy.errors import CommandFailed, NotConfirmed
from deploy.inventory.stacks import FAILED_CREATION, NOT_YET_CREATED, Stack, is_missing_stack
from deploy.progress import Progress
from deploy.steps.stack_events import failure_reasons
from deploy.steps.template import CAPABILITIES, stack_request, template_text

_NO_CHANGE = ("didn't contain changes", "No updates are to be performed")


def apply_template(
    stack: Stack,
    rest_api_id: str,
    progress: Progress,
    parameters: Mapping[str, str] | None = None,
    confirmation: Confirmation | None = None,
) -> dict[str, str]:
    """Bring the stack to what its template says; returns its outputs.

    `parameters` are more values for parameters that the template declares. `confirmation` asks when the changes are
    known.

    Raises
    ------
    NotConfirmed
        The user does not want the changes; none was made.
    CommandFailed
        A resource failed; the text has CloudFormation's reason for that resource.
    """
    _wait_until_settled(stack)
    confirmation = confirmation or Confirmation()
    change_set_type = _change_set_type(stack, progress, confirmation)
    request = {"StackName": stack.name, **stack_request(stack.app, stack.target, rest_api_id, parameters)}
    name = f"quartet-{time.time_ns()}"
    created = stack.client.create_change_set(ChangeSetName=name, ChangeSetType=change_set_type, **request)
    changes = change_set_changes(stack, created["Id"])
    resources = [change["ResourceChange"] for change in changes or ()]
    for resource in resources:
        progress.change(_change_line(resource))
    try:
        confirmation.require(stack, resources, progress)
    except NotConfirmed:
        _discard(stack, created["Id"])
        raise
    if changes is None:
        stack.client.delete_change_set(ChangeSetName=created["Id"])
        _update_outputs(stack, request, progress)
    else:
        _execute(stack, created["Id"])
    return stack.outputs() or {}


def update_parameters(stack: Stack, **values: str) -> dict[str, str]:
    """Update the deployed stack with other values for some parameters; returns its outputs.

    The template and all other parameters stay as they were deployed.

    Raises
    ------
    CommandFailed
        A resource failed; the text has CloudFormation's reason for that resource.
    """
    _wait_until_settled(stack)
    description, started = stack.description() or {}, time.time()
    names = [item["ParameterKey"] for item in description.get("Parameters", [])]
    others = [{"ParameterKey": name, "UsePreviousValue": True} for name in names if name not in values]
    parameters = [*others, *({"ParameterKey": name, "ParameterValue": value} for name, value in values.items())]
    try:
        stack.client.update_stack(
            StackName=stack.name, UsePreviousTemplate=True, Parameters=parameters, Capabilities=CAPABILITIES
        )
    except ClientError as error:
        if not any(text in str(error) for text in _NO_CHANGE):
            raise
    else:
        _require_success(stack, description["StackId"], started)
    return stack.outputs() or {}


def delete_stack(stack: Stack) -> None:
    """Delete the stack and wait until it is deleted.

    Raises
    ------
    CommandFailed
        A resource could not be deleted.
    """
    description = stack.description()
    if description is None:
        return
    started, stack_id = time.time(), description["StackId"]
    stack.client.delete_stack(StackName=stack_id)
    status = _wait_until_settled(stack, stack_id)
    if status not in (None, "DELETE_COMPLETE"):
        raise _failure(stack, stack_id, status, started)


def change_set_changes(stack: Stack, change_set: str) -> list[dict[str, Any]] | None:
    """The changes of a change set once it is complete; None if it has none.

    Raises
    ------
    CommandFailed
        CloudFormation rejected the change set.
    """
    while True:
        answer = stack.client.describe_change_set(ChangeSetName=change_set)
        if answer["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        _pause(stack)
    if answer["Status"] == "CREATE_COMPLETE":
        pages = stack.client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        return [change for page in pages for change in page["Changes"]]
    reason = answer.get("StatusReason", "")
    if any(text in reason for text in _NO_CHANGE):
        return None
    raise CommandFailed(f"change set of {stack.name}: {reason}")


def _discard(stack: Stack, change_set: str) -> None:
    """Delete a change set, and the stack that CloudFormation has made for it if it was to be created."""
    stack.client.delete_change_set(ChangeSetName=change_set)
    description = stack.description()
    if description and description["StackStatus"] in NOT_YET_CREATED:
        stack.client.delete_stack(StackName=description["StackId"])


def _change_set_type(stack: Stack, progress: Progress, confirmation: Confirmation) -> str:
    description = stack.description()
    if description is None or description["StackStatus"] in NOT_YET_CREATED:
        return "CREATE"
    if description["StackStatus"] in FAILED_CREATION:
        confirmation.require_deletion(stack, description["StackStatus"], progress)
        progress.change(f"the stack is {description['StackStatus']} after an earlier failure: created anew")
        delete_stack(stack)
        return "CREATE"
    return "UPDATE"


def _update_outputs(stack: Stack, request: dict[str, Any], progress: Progress) -> None:
    """Update a stack of which no resource changes: a change set does not show a change of outputs alone."""
    description = stack.description() or {}
    old_values = {item["ParameterKey"]: item.get("ParameterValue") for item in description.get("Parameters", [])}
    old_body = stack.client.get_template(StackName=stack.name)["TemplateBody"]
    values = {item["ParameterKey"]: item["ParameterValue"] for item in request["Parameters"]}
    changed_names = sorted(name for name, value in values.items() if old_values.get(name) != value)
    if old_body == template_text(stack.app) and not changed_names:
        progress.note("no change")
        return
    started = time.time()
    try:
        stack.client.update_stack(**request)
    except ClientError as error:
        if not any(text in str(error) for text in _NO_CHANGE):
            raise
        progress.note("no change")
        return
    progress.change(f"no resource changes; outputs and parameters do: {', '.join(changed_names) or 'template'}")
    _require_success(stack, description["StackId"], started)


def _execute(stack: Stack, change_set: str) -> None:
    started = time.time()
    stack_id = stack.client.describe_change_set(ChangeSetName=change_set)["StackId"]
    stack.client.execute_change_set(ChangeSetName=change_set)
    _require_success(stack, stack_id, started)


def _require_success(stack: Stack, stack_id: str, started: float) -> None:
    status = _wait_until_settled(stack, stack_id, until_started=True)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise _failure(stack, stack_id, status, started)


def _failure(stack: Stack, stack_id: str, status: str | None, started: float) -> CommandFailed:
    return CommandFailed(f"stack {stack.name}: {status}\n{failure_reasons(stack.client, stack_id, started)}")


def _wait_until_settled(stack: Stack, stack_id: str | None = None, *, until_started: bool = False) -> str | None:
    """Wait until no operation is in progress; returns the stack's status, None if there is no such stack."""
    while True:
        try:
            description = stack.client.describe_stacks(StackName=stack_id or stack.name)["Stacks"][0]
        except ClientError as error:
            if is_missing_stack(error):
                return None
            raise
        status = str(description["StackStatus"])
        if not status.endswith("_IN_PROGRESS") or (status in NOT_YET_CREATED and not until_started):
            return status
        _pause(stack)


def _pause(stack: Stack) -> None:
    time.sleep(0.1 if stack.target.is_local else 2)


def _change_line(change: dict[str, Any]) -> str:
    replacement = {"True": "  REPLACES", "Conditional": "  may replace"}.get(change.get("Replacement", ""), "")
    return f"{change['Action']:<7} {change['LogicalResourceId']} ({change['ResourceType']}){replacement}"
