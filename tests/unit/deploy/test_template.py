"""How a template gets to CloudFormation."""

from types import SimpleNamespace

import boto3
import pytest

from deploy.errors import DeployError
from deploy.steps.cloudformation import _update_outputs
from deploy.steps.template import parameter_names, template

SHORT = "Resources: { Topic: { Type: 'AWS::SNS::Topic' } }\n"
LONG = SHORT + "# " + "x" * 51_200


def test_a_template_is_part_of_the_request(aws):
    assert template(aws, SHORT) == {"TemplateBody": SHORT}
    assert boto3.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_one_that_is_too_long_is_fetched_from_a_bucket(aws, region):
    target = aws.in_region(region)
    request = template(target, LONG)
    assert template(target, LONG) == request
    target.client("cloudformation").create_stack(StackName="long", **request)
    assert (
        target.client("cloudformation")
        .describe_stacks(StackName="long")["Stacks"][0]["StackStatus"]
        .startswith("CREATE")
    )

    [bucket] = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    assert bucket == f"quartet-templates-123456789012-{region}"
    [rule] = target.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["Expiration"] == {"Days": 1}


def test_a_second_deployment_of_a_template_in_a_bucket_changes_nothing(aws, tmp_path):
    (tmp_path / "resources.yaml").write_text(LONG)
    app = SimpleNamespace(folder=tmp_path)
    client = boto3.client("cloudformation")
    client.create_stack(StackName="long", **template(aws, LONG))
    notes: list[str] = []
    stack = SimpleNamespace(app=app, name="long", client=client, description=lambda: {"Parameters": []})
    _update_outputs(stack, {**template(aws, LONG), "Parameters": []}, SimpleNamespace(note=notes.append))
    assert notes == ["no change"]


def test_a_template_that_cannot_be_read_is_one_line(app):
    template_file = app.folder / "resources.yaml"
    template_file.write_text("Resources:\n  Topic: [\n")
    with pytest.raises(DeployError, match=r"^tiny_app/resources\.yaml:3:1: did not find expected node content, "):
        parameter_names(app)
    template_file.write_text("text")
    with pytest.raises(DeployError, match=r"^tiny_app/resources\.yaml is not a template"):
        parameter_names(app)
