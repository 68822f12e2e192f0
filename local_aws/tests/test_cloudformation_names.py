"""Names that CloudFormation generates."""

import json

from local_aws.tests.mail import unique

TEMPLATE = json.dumps(
    {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
            }
        },
        "Outputs": {"Role": {"Value": {"Ref": "Role"}}},
    }
)


def made(aws, region: str, stack: str) -> str:
    client = aws.client("cloudformation", region=region)
    client.create_stack(StackName=stack, TemplateBody=TEMPLATE, Capabilities=["CAPABILITY_IAM"])
    client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    (output,) = client.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return str(output["OutputValue"])


def test_stacks_of_one_name_in_two_regions_have_roles_of_their_own(aws):
    stack = unique("names-")
    roles = {made(aws, region, stack) for region in ("us-east-1", "us-west-2")}
    assert len(roles) == 2
    assert all(role.startswith(f"{stack}-Role-") for role in roles)
    for role in roles:
        aws.client("iam").get_role(RoleName=role)
