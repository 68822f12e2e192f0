"""One app's CloudFormation stack in one stage, as CloudFormation describes it."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploy.apps import App
from deploy.errors import DeployError, NotOurs
from deploy.target import Target

# A failed creation leaves a stack that can only be deleted.
FAILED_CREATION = ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED")
# It has a change set and no resources yet.
NOT_YET_CREATED = ("REVIEW_IN_PROGRESS",)


@dataclass(frozen=True)
class Stack:
    """The stack of one app in one stage and region."""

    app: App
    target: Target

    @property
    def name(self) -> str:
        """`todo-local`."""
        return self.app.full_name(self.target.stage)

    @property
    def client(self) -> Any:
        """The CloudFormation client for it."""
        return self.target.client("cloudformation")

    def description(self) -> dict[str, Any] | None:
        """CloudFormation's description of it, or None if there is no such stack.

        Raises
        ------
        NotOurs
            A stack of this name exists without our tags.
        """
        try:
            stack: dict[str, Any] = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if is_missing_stack(error):
                return None
            raise
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        our_tags = self.app.tags(self.target.stage)
        if stack["StackStatus"] not in NOT_YET_CREATED and any(tags.get(key) != our_tags[key] for key in our_tags):
            raise NotOurs(f"a stack {self.name} exists that this tool did not create; it is left alone")
        return stack

    def outputs(self) -> dict[str, str] | None:
        """The outputs by name; None if the stack does not exist or is not complete."""
        stack = self.description()
        if stack is None or not stack["StackStatus"].endswith("COMPLETE") or stack["StackStatus"] in FAILED_CREATION:
            return None
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def rest_api_id(self) -> str:
        """The last value of the parameter `RestApiId`, or ""."""
        return self.parameter("RestApiId")

    def parameter(self, name: str) -> str:
        """The last value of a parameter, or ""."""
        stack = self.description() or {}
        values = {item["ParameterKey"]: item.get("ParameterValue", "") for item in stack.get("Parameters", [])}
        return str(values.get(name, ""))


def stack_outputs(app: App, target: Target) -> dict[str, str]:
    """The outputs of an app's stack.

    Raises
    ------
    DeployError
        The app is not deployed.
    """
    outputs = Stack(app, target).outputs()
    if outputs is None:
        raise DeployError(f"{app.key} is not deployed in stage {target.stage}: run `make deploy STAGE={target.stage}`")
    return outputs


def is_missing_stack(error: ClientError) -> bool:
    """Whether CloudFormation says that there is no such stack."""
    return "does not exist" in str(error)
