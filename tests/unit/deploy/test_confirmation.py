"""A deployment to AWS asks when its changes are known, and by name for what it replaces or deletes."""

import pytest
from botocore.exceptions import ClientError

from deploy import commands
from deploy.cli import main
from deploy.confirmation import Confirmation
from deploy.errors import NotConfirmed
from deploy.inventory.stacks import Stack
from deploy.progress import Progress
from deploy.steps.cloudformation import apply_template
from deploy.target import Target

ADDED = {"Action": "Add", "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic"}
CHANGED = {**ADDED, "Action": "Modify", "Replacement": "False"}
REPLACED = {
    "Action": "Modify",
    "LogicalResourceId": "Table",
    "ResourceType": "AWS::DynamoDB::Table",
    "Replacement": "True",
    "PolicyAction": "ReplaceAndDelete",
}
DELETED = {
    "Action": "Remove",
    "LogicalResourceId": "Files",
    "ResourceType": "AWS::S3::Bucket",
    "PolicyAction": "Retain",
}


class FakeCloudFormation:
    """A stack with one change set, in the responses of CloudFormation."""

    def __init__(self, *changes: dict, status: str = "UPDATE_COMPLETE") -> None:
        self.changes, self.status = changes, status
        self.calls: list[str] = []

    def describe_stacks(self, **_):
        if not self.status:
            error = {"Code": "ValidationError", "Message": "Stack with id tiny-prod does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        tags = [{"Key": "quartet:app", "Value": "tiny_app"}, {"Key": "quartet:stage", "Value": "prod"}]
        return {"Stacks": [{"StackId": "id", "StackStatus": self.status, "Tags": tags, "Outputs": []}]}

    def create_change_set(self, **_):
        self.calls.append("create_change_set")
        self.status = self.status or "REVIEW_IN_PROGRESS"
        return {"Id": "changes"}

    def describe_change_set(self, **_):
        return {"Status": "CREATE_COMPLETE", "StackId": "id"}

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        return [{"Changes": [{"ResourceChange": change} for change in self.changes]}]

    def execute_change_set(self, **_):
        self.calls.append("execute_change_set")
        self.status = "UPDATE_COMPLETE"

    def delete_change_set(self, **_):
        self.calls.append("delete_change_set")

    def delete_stack(self, **_):
        self.calls.append("delete_stack")
        self.status = ""


class Answers(Progress):
    """The terminal: what was asked, and the answers that are typed."""

    def __init__(self, *answers: str) -> None:
        super().__init__("tiny")
        self.questions: list[str] = []
        self._answers = list(answers)

    def ask(self, question: str) -> str:
        self.questions.append(question)
        if not self._answers:
            raise EOFError
        return self._answers.pop(0)


@pytest.fixture
def deploy(app, monkeypatch):
    """Deploys a change set; returns what the terminal was asked."""

    def run(aws: FakeCloudFormation, *answers: str, confirmation: Confirmation | None = None) -> list[str]:
        monkeypatch.setattr(Target, "client", lambda *_: aws)
        terminal = Answers(*answers)
        asking = confirmation or Confirmation(is_silent=False)
        apply_template(Stack(app, Target("prod", "us-east-1")), "", terminal, None, asking)
        return terminal.questions

    return run


def test_the_question_comes_after_the_changes_are_printed_and_before_they_are_made(deploy, capsys):
    aws = FakeCloudFormation(ADDED, CHANGED)
    (question,) = deploy(aws, "prod")
    assert question == "Type the stage's name to deploy tiny_app: "
    assert aws.calls == ["create_change_set", "execute_change_set"]
    assert "Add     Topic (AWS::SNS::Topic)" in capsys.readouterr().out


@pytest.mark.parametrize("answers", [("dev",), ("",), ()])
def test_another_answer_changes_nothing(deploy, answers):
    aws = FakeCloudFormation(ADDED)
    with pytest.raises(NotConfirmed):
        deploy(aws, *answers)
    assert aws.calls == ["create_change_set", "delete_change_set"]


def test_a_stack_that_was_made_for_the_question_is_deleted_after_another_answer(deploy):
    aws = FakeCloudFormation(ADDED, status="")
    with pytest.raises(NotConfirmed):
        deploy(aws, "no")
    assert aws.calls == ["create_change_set", "delete_change_set", "delete_stack"]


def test_what_is_replaced_or_deleted_is_asked_for_by_name(deploy, capsys):
    aws = FakeCloudFormation(ADDED, REPLACED, DELETED)
    questions = deploy(aws, "prod", "Files Table")
    assert questions[1] == "Type the names of what is replaced or deleted, with spaces between them: "
    printed = capsys.readouterr().out
    assert "Table (AWS::DynamoDB::Table) is replaced\n" in printed
    assert "Files (AWS::S3::Bucket) is deleted; the old one is kept outside the stack\n" in printed
    assert aws.calls[-1] == "execute_change_set"


@pytest.mark.parametrize("answer", ["prod", "yes", "Table", "Table Files Topic", ""])
def test_the_stages_name_alone_replaces_and_deletes_nothing(deploy, answer):
    aws = FakeCloudFormation(ADDED, REPLACED, DELETED)
    with pytest.raises(NotConfirmed):
        deploy(aws, "prod", answer)
    assert "execute_change_set" not in aws.calls


def test_a_resource_that_may_be_replaced_is_asked_for(deploy, capsys):
    deploy(FakeCloudFormation({**REPLACED, "Replacement": "Conditional"}), "prod", "Table")
    assert "may be replaced" in capsys.readouterr().out


def test_the_second_change_set_of_an_app_asks_for_losses_only(deploy):
    confirmation = Confirmation(is_silent=False)
    assert len(deploy(FakeCloudFormation(ADDED), "prod", confirmation=confirmation)) == 1
    assert deploy(FakeCloudFormation(CHANGED), confirmation=confirmation) == []
    assert len(deploy(FakeCloudFormation(DELETED), "Files", confirmation=confirmation)) == 1


def test_a_stack_whose_creation_failed_is_deleted_after_its_name_is_typed(deploy):
    aws = FakeCloudFormation(ADDED, status="ROLLBACK_COMPLETE")
    with pytest.raises(NotConfirmed):
        deploy(aws, "prod")
    assert aws.calls == []
    assert deploy(aws, "tiny-prod", "prod")[0] == "Type the stack's name to go on: "
    assert aws.calls[:2] == ["delete_stack", "create_change_set"]


def test_a_silent_confirmation_asks_nothing(deploy):
    aws = FakeCloudFormation(REPLACED, DELETED)
    assert deploy(aws, confirmation=Confirmation()) == []
    assert aws.calls[-1] == "execute_change_set"


@pytest.mark.parametrize(("options", "is_silent"), [(["--yes"], True), ([], False)])
def test_the_option_yes_makes_it_silent(app, aws, monkeypatch, options, is_silent):
    seen = []
    monkeypatch.setattr(commands, "bring_up", lambda *_, confirmation: seen.append(confirmation.is_silent))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    main(["--root", str(app.folder.parent), "up", "--stage", "prod", *options])
    assert seen == [is_silent]


def test_the_end_of_the_input_is_no_confirmation(app, aws, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def end(*_: object, **__: object) -> str:
        raise EOFError

    monkeypatch.setattr("deploy.progress.out.input", end)
    assert main(["--root", str(app.folder.parent), "promote", "--stage", "prod"]) == 1
    assert "not confirmed" in capsys.readouterr().err
