"""Outside local: other people's resources stay, and nothing is changed without a confirmation."""

import socket

import pytest

from deploy.cli import main
from deploy.errors import CommandFailed, DeployError, NotOurs
from deploy.inventory.stacks import Stack
from deploy.progress import Progress
from deploy.steps.cloudformation import apply_template, change_set_changes, delete_stack
from deploy.target import Target

FOREIGN = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'


def test_a_stack_without_our_tags_is_left_alone(app, aws):
    aws.client("cloudformation").create_stack(StackName="tiny-prod", TemplateBody=FOREIGN)
    with pytest.raises(NotOurs, match="left alone"):
        apply_template(Stack(app, aws), "", Progress("tiny"))
    with pytest.raises(NotOurs):
        delete_stack(Stack(app, aws))
    assert (
        aws.client("cloudformation").describe_stacks(StackName="tiny-prod")["Stacks"][0]["StackStatus"]
        == "CREATE_COMPLETE"
    )


def test_a_stack_is_made_with_our_tags_and_its_changes_are_shown(app, aws, capsys):
    (app.folder / "resources.yaml").write_text(
        "Parameters: { Stage: { Type: String } }\n"
        "Resources: { Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !Sub 'tiny-${Stage}' } } }\n"
    )
    apply_template(Stack(app, aws), "", Progress("tiny"))
    (topic,) = aws.client("sns").list_topics()["Topics"]
    assert topic["TopicArn"].endswith(":tiny-prod")
    assert "Add     Topic (AWS::SNS::Topic)" in capsys.readouterr().out
    tags = aws.client("cloudformation").describe_stacks(StackName="tiny-prod")["Stacks"][0]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"quartet:app": "tiny_app", "quartet:stage": "prod"}


def test_a_protected_stage_is_not_removed(app, aws, capsys):
    assert main(["--root", str(app.folder.parent), "down", "--stage", "prod", "--yes"]) == 1
    assert "protected" in capsys.readouterr().err


def test_without_a_terminal_and_without_yes_nothing_is_changed(app, aws, capsys):
    assert main(["--root", str(app.folder.parent), "up", "--stage", "prod"]) == 1
    printed = capsys.readouterr()
    assert "account 123456789012, region us-east-1, stage prod" in printed.out
    assert "give --yes" in printed.err
    assert aws.client("cloudformation").describe_stacks()["Stacks"] == []


def test_the_error_of_a_rejected_change_set_has_the_reason(app, aws):
    class Rejecting:
        def describe_change_set(self, **_):
            return {"Status": "FAILED", "StatusReason": "Template error: no such thing"}

    stack = Stack(app, aws)
    object.__setattr__(stack, "target", type("Fake", (), {"client": lambda *_: Rejecting(), "stage": "prod"})())
    with pytest.raises(CommandFailed, match="no such thing"):
        change_set_changes(stack, "id")


def test_an_endpoint_that_never_answers_is_named_soon(monkeypatch):
    monkeypatch.setattr("deploy.target._ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        with pytest.raises(DeployError, match=r"no access to AWS for stage dev: .*127\.0\.0\.1"):
            Target("dev", "us-east-1").account()
