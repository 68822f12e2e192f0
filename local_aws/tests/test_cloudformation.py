"""CloudFormation: conditions of resources, Ref, generated secrets, and failed updates."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError, WaiterError

PARAMETERS = {"Turned": {"Type": "String", "Default": "off"}, "Length": {"Type": "Number", "Default": 40}}
CONDITIONS = {
    "IsOn": {"Fn::Equals": [{"Ref": "Turned"}, "on"]},
    "IsHere": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
    "IsElsewhere": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
}
QUEUE = {"Type": "AWS::SQS::Queue"}
SECRET = {
    "Type": "AWS::SecretsManager::Secret",
    "Properties": {"GenerateSecretString": {"PasswordLength": {"Ref": "Length"}, "ExcludePunctuation": "true"}},
}
# Refused while it is made, and only after what it depends on.
IMPOSSIBLE = {"Type": "AWS::SQS::Queue", "DependsOn": ["Secret"], "Properties": {"VisibilityTimeout": 1_000_000}}


def written(**resources) -> str:
    outputs = {name: {"Value": {"Ref": name}} for name in resources if "Condition" not in resources[name]}
    parts = {"Parameters": PARAMETERS, "Conditions": CONDITIONS, "Resources": resources, "Outputs": outputs}
    return json.dumps(parts)


class Stack:
    """One stack of one test, changed by change sets as `deploy` does."""

    def __init__(self, aws) -> None:
        self.name = f"s{uuid.uuid4().hex[:10]}"
        self.cloudformation = aws.client("cloudformation")

    def change_set(self, template: str, **parameters: str) -> list[tuple[str, str]]:
        """Create a change set; returns its changes."""
        exists = bool(self.statuses())
        name = f"c{uuid.uuid4().hex[:10]}"
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        self.made = self.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateBody=template,
            Parameters=given,
        )["Id"]
        self.cloudformation.get_waiter("change_set_create_complete").wait(
            ChangeSetName=self.made, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
        )
        changes = self.cloudformation.describe_change_set(ChangeSetName=self.made)["Changes"]
        return [
            (change["ResourceChange"]["Action"], change["ResourceChange"]["LogicalResourceId"]) for change in changes
        ]

    def execute(self) -> None:
        """Execute the last change set."""
        is_new = self.statuses() == ["REVIEW_IN_PROGRESS"]
        self.cloudformation.execute_change_set(ChangeSetName=self.made)
        waiter = self.cloudformation.get_waiter("stack_create_complete" if is_new else "stack_update_complete")
        waiter.wait(StackName=self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})

    def deploy(self, template: str, **parameters: str) -> None:
        self.change_set(template, **parameters)
        self.execute()

    def statuses(self) -> list[str]:
        try:
            stacks = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError:
            return []
        return [stack["StackStatus"] for stack in stacks]

    def outputs(self) -> dict[str, str]:
        stack = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def resources(self) -> set[str]:
        resources = self.cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
        return {resource["LogicalResourceId"] for resource in resources}

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)
        self.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
        )


@pytest.fixture
def stack(aws):
    made = Stack(aws)
    yield made
    made.delete()


def test_a_resource_whose_condition_is_false_is_neither_listed_nor_created(stack):
    template = written(Always=QUEUE, Sometimes={**QUEUE, "Condition": "IsOn"})
    assert stack.change_set(template) == [("Add", "Always")]
    stack.execute()
    assert stack.resources() == {"Always"}


def test_a_changed_condition_adds_the_resource_or_removes_it(stack):
    template = written(Always=QUEUE, Sometimes={**QUEUE, "Condition": "IsOn"})
    stack.deploy(template)
    assert stack.change_set(template, Turned="on") == [("Add", "Sometimes")]
    stack.execute()
    assert stack.resources() == {"Always", "Sometimes"}
    assert stack.change_set(template, Turned="off") == [("Remove", "Sometimes")]
    stack.execute()
    assert stack.resources() == {"Always"}


def test_a_condition_can_depend_on_the_region(stack):
    template = written(Here={**QUEUE, "Condition": "IsHere"}, Elsewhere={**QUEUE, "Condition": "IsElsewhere"})
    assert stack.change_set(template) == [("Add", "Here")]
    stack.execute()
    assert stack.resources() == {"Here"}


def test_ref_of_a_secret_is_its_arn(aws, stack):
    stack.deploy(written(Secret=SECRET))
    arn = stack.outputs()["Secret"]
    secret = aws.client("secretsmanager").describe_secret(SecretId=arn)
    assert arn == secret["ARN"]
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:")


def test_a_generated_secret_keeps_to_its_rules(aws, stack):
    stack.deploy(written(Secret=SECRET))
    value = aws.client("secretsmanager").get_secret_value(SecretId=stack.outputs()["Secret"])["SecretString"]
    assert len(value) == 40
    assert value.isalnum()


def test_a_generated_secret_fills_the_key_of_its_template(aws, stack):
    rules = {"SecretStringTemplate": '{"user": "u"}', "GenerateStringKey": "pass", "PasswordLength": 20}
    stack.deploy(written(Secret={**SECRET, "Properties": {"GenerateSecretString": rules}}))
    value = aws.client("secretsmanager").get_secret_value(SecretId=stack.outputs()["Secret"])["SecretString"]
    assert json.loads(value)["user"] == "u"
    assert len(json.loads(value)["pass"]) == 20


def test_a_changed_secret_keeps_its_arn_and_the_stack_deletes_it(aws, stack):
    secrets = aws.client("secretsmanager")
    stack.deploy(written(Secret=SECRET))
    arn = stack.outputs()["Secret"]
    stack.deploy(written(Secret=SECRET), Length="50")
    assert stack.outputs()["Secret"] == arn
    assert len(secrets.get_secret_value(SecretId=arn)["SecretString"]) == 50
    stack.delete()
    with pytest.raises(ClientError, match="ResourceNotFound"):
        secrets.describe_secret(SecretId=arn)


def test_a_failed_update_leaves_the_stack_as_it_was(aws, stack):
    stack.deploy(written(Secret=SECRET))
    arn = stack.outputs()["Secret"]
    stack.change_set(written(Secret=SECRET, Impossible=IMPOSSIBLE), Length="50")
    with pytest.raises(WaiterError):
        stack.execute()
    assert stack.statuses() == ["UPDATE_ROLLBACK_COMPLETE"]
    assert stack.resources() == {"Secret"}
    assert aws.client("secretsmanager").describe_secret(SecretId=arn)["ARN"] == arn
