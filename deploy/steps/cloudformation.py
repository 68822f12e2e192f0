"""Step 1: `resources.yaml` by a change set that is shown before it runs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploy.apps import App
from deploy.errors import CommandFailed, DeployError, NotOurs
from deploy.progress import Progress
from deploy.steps.stack_events import failure_reasons
from deploy.steps.template import stack_request
from deploy.target import Target

# A failed creation leaves a stack that can only be deleted.
_DEAD = ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED")
_NEW = ("REVIEW_IN_PROGRESS",)
_NO_CHANGE = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class Stack:
    """One app's stack in one stage."""

    app: App
    target: Target

    @property
    def name(self) -> str:
        """`todo-local`."""
        return self.app.full_name(self.target.stage)

    @property
    def _client(self) -> Any:
        return self.target.client("cloudformation")

    def description(self) -> dict[str, Any] | None:
        """CloudFormation's description of it, or None.

        Raises
        ------
        NotOurs
            A stack of this name exists without our tags.
        """
        try:
            stack: dict[str, Any] = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        ours = self.app.tags(self.target.stage)
        if stack["StackStatus"] not in _NEW and any(tags.get(key) != value for key, value in ours.items()):
            raise NotOurs(f"a stack {self.name} exists that this tool did not make; it is left alone")
        return stack

    def outputs(self) -> dict[str, str] | None:
        """The outputs by name; None when there is no finished stack."""
        stack = self.description()
        if stack is None or not stack["StackStatus"].endswith("COMPLETE") or stack["StackStatus"] in _DEAD:
            return None
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def rest_api_id(self) -> str:
        """The RestApiId it was last given, or ""."""
        return self.parameter("RestApiId")

    def parameter(self, name: str) -> str:
        """The value that a parameter was last given, or ""."""
        stack = self.description() or {}
        given = {item["ParameterKey"]: item.get("ParameterValue", "") for item in stack.get("Parameters", [])}
        return str(given.get(name, ""))

    def apply(self, rest_api_id: str, progress: Progress, known: Mapping[str, str] | None = None) -> dict[str, str]:
        """Bring the stack to what the template says; returns its outputs. `known` are values for more parameters.

        Raises
        ------
        CommandFailed
            A resource failed; the text has the resource's own reason.
        """
        self._wait_until_settled()
        kind = self._change_set_kind(progress)
        wanted = {"StackName": self.name, **stack_request(self.app, self.target, rest_api_id, known)}
        name = f"quartet-{time.time_ns()}"
        change_set = self._client.create_change_set(ChangeSetName=name, ChangeSetType=kind, **wanted)["Id"]
        changes = self._described(change_set)
        if changes is None:
            self._client.delete_change_set(ChangeSetName=change_set)
            self._update_outputs(wanted, progress)
        else:
            for change in changes:
                progress.change(_shown(change["ResourceChange"]))
            self._execute(change_set)
        return self.outputs() or {}

    def delete(self) -> None:
        """Delete the stack and wait for the end of it.

        Raises
        ------
        CommandFailed
            Something in it could not be deleted.
        """
        stack = self.description()
        if stack is None:
            return
        started = time.time()
        self._client.delete_stack(StackName=stack["StackId"])
        status = self._wait_until_settled(stack["StackId"])
        if status not in (None, "DELETE_COMPLETE"):
            raise CommandFailed(
                f"stack {self.name}: {status}\n{failure_reasons(self._client, stack['StackId'], started)}"
            )

    def _change_set_kind(self, progress: Progress) -> str:
        stack = self.description()
        if stack is None or stack["StackStatus"] in _NEW:
            return "CREATE"
        if stack["StackStatus"] in _DEAD:
            progress.change(f"the stack is {stack['StackStatus']} from an earlier failure: made anew")
            self.delete()
            return "CREATE"
        return "UPDATE"

    def _update_outputs(self, wanted: dict[str, Any], progress: Progress) -> None:
        """Update a stack of which no resource changes: parameters may show in its outputs only."""
        found = self.description() or {}
        before = {item["ParameterKey"]: item.get("ParameterValue") for item in found.get("Parameters", [])}
        body = self._client.get_template(StackName=self.name)["TemplateBody"]
        given = {item["ParameterKey"]: item["ParameterValue"] for item in wanted["Parameters"]}
        different = sorted(key for key, value in given.items() if before.get(key) != value)
        if body == wanted["TemplateBody"] and not different:
            progress.note("no change")
            return
        started = time.time()
        try:
            self._client.update_stack(**wanted)
        except ClientError as error:
            if not any(text in str(error) for text in _NO_CHANGE):
                raise
            progress.note("no change")
            return
        progress.change(f"no resource changes; outputs and parameters do: {', '.join(different) or 'template'}")
        self._require_success(found["StackId"], started)

    def _described(self, change_set: str) -> list[dict[str, Any]] | None:
        """The changes, or None when there are none."""
        while True:
            answer = self._client.describe_change_set(ChangeSetName=change_set)
            if answer["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                break
            self._pause()
        if answer["Status"] == "CREATE_COMPLETE":
            pages = self._client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
            return [change for page in pages for change in page["Changes"]]
        reason = answer.get("StatusReason", "")
        if any(text in reason for text in _NO_CHANGE):
            return None
        raise CommandFailed(f"change set of {self.name}: {reason}")

    def _execute(self, change_set: str) -> None:
        started = time.time()
        stack_id = self._client.describe_change_set(ChangeSetName=change_set)["StackId"]
        self._client.execute_change_set(ChangeSetName=change_set)
        self._require_success(stack_id, started)

    def _require_success(self, stack_id: str, started: float) -> None:
        status = self._wait_until_settled(stack_id, until_started=True)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise CommandFailed(f"stack {self.name}: {status}\n{failure_reasons(self._client, stack_id, started)}")

    def _wait_until_settled(self, stack: str | None = None, *, until_started: bool = False) -> str | None:
        while True:
            try:
                found = self._client.describe_stacks(StackName=stack or self.name)["Stacks"][0]
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
            status = str(found["StackStatus"])
            if not status.endswith("_IN_PROGRESS") or (status in _NEW and not until_started):
                return status
            self._pause()

    def _pause(self) -> None:
        time.sleep(0.1 if self.target.is_local else 2)


def _shown(change: dict[str, Any]) -> str:
    replacement = {"True": "  REPLACES", "Conditional": "  may replace"}.get(change.get("Replacement", ""), "")
    return f"{change['Action']:<7} {change['LogicalResourceId']} ({change['ResourceType']}){replacement}"


def stack_outputs(app: App, target: Target) -> dict[str, str]:
    """The outputs of an app's stack.

    Raises
    ------
    DeployError
        It is not deployed.
    """
    outputs = Stack(app, target).outputs()
    if outputs is None:
        raise DeployError(f"{app.key} is not deployed in stage {target.stage}: run `make deploy STAGE={target.stage}`")
    return outputs
