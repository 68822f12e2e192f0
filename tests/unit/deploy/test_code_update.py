"""Functions that get new code and nothing else, and the caches that are emptied after it."""

import pytest

from deploy.errors import CommandFailed
from deploy.local.caches import empty_caches
from deploy.progress import Progress
from deploy.steps import code_update
from deploy.steps.code_update import update_code
from deploy.steps.package import Package


class Calls:
    """Records the calls of every client; `answers` has their results by operation."""

    stage, region, is_local = "local", "us-east-1", True

    def __init__(self, **answers):
        self.calls, self.answers = [], answers

    def account(self):
        return "000000000000"

    def client(self, _service):
        return self

    def __getattr__(self, operation):
        def call(**arguments):
            self.calls.append((operation, arguments))
            answers = self.answers.get(operation, {})
            return answers.pop(0) if isinstance(answers, list) else answers

        return call

    def made(self, operation):
        return [arguments for name, arguments in self.calls if name == operation]


@pytest.fixture
def package(tmp_path, monkeypatch):
    functions = {name: {"FunctionName": f"tiny-local-{name}"} for name in ("a", "b")}
    monkeypatch.setattr(code_update, "deployed_functions", lambda *_: functions)
    path = tmp_path / "digest-python3.11.zip"
    path.write_bytes(b"zip")
    return Package(path, built=True)


def test_every_function_gets_the_package_which_is_uploaded_once(app, package):
    states = [{"LastUpdateStatus": status} for status in ("InProgress", "Successful", "Successful")]
    aws = Calls(get_function_configuration=states)
    update_code(app, aws, package, Progress("tiny_app", silent=True))
    place = {"Bucket": "quartet-packages-000000000000-us-east-1", "Key": "tiny-local/digest-python3.11.zip"}
    assert aws.made("put_object") == [{**place, "Body": b"zip"}]
    names = ("tiny-local-a", "tiny-local-b")
    code = {"S3Bucket": place["Bucket"], "S3Key": place["Key"]}
    assert aws.made("update_function_code") == [{"FunctionName": name, **code} for name in names]
    assert states == [], "it waits until each is updated"
    assert aws.calls[-1] == ("delete_object", place)


def test_code_that_lambda_refuses_is_an_error_with_its_reason(app, package):
    refused = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "the zip is too large"}
    aws = Calls(get_function_configuration=refused)
    with pytest.raises(CommandFailed, match="tiny-local-a: the zip is too large"):
        update_code(app, aws, package, Progress("tiny_app", silent=True))
    assert aws.made("delete_object")


@pytest.mark.parametrize("cached", [True, False])
def test_the_caches_in_front_of_the_app_are_emptied(app, cached):
    stack = {
        "StackStatus": "UPDATE_COMPLETE",
        "Tags": [],
        "Parameters": [{"ParameterKey": "RestApiId", "ParameterValue": "r"}],
    }
    stack["Tags"] = [{"Key": key, "Value": value} for key, value in app.tags("local").items()]
    stage = {"stageName": "api", "cacheClusterEnabled": cached}
    aws = Calls(describe_stacks={"Stacks": [stack]}, get_stages={"item": [stage]})
    empty_caches(app, aws, {"DistributionId": "E1"})
    assert aws.made("flush_stage_cache") == [{"restApiId": "r", "stageName": "api"}] * cached
    (invalidation,) = aws.made("create_invalidation")
    assert invalidation["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/*"]}
