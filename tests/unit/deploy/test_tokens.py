"""Which app a user is signed in to when the command names none."""

import pytest

from deploy.apps import find_apps
from deploy.errors import DeployError
from deploy.reports.tokens import app_of_user

STAGES = """
name: {name}
port_offset: 1
stages:
  prod:
    users:
      - {{ username: {user}@example.com, password: any-password, groups: [] }}
      - {{ username: both@example.com, password: any-password, groups: [] }}
"""
RESOURCES = "Resources: { Topic: { Type: AWS::SNS::Topic } }\n"


@pytest.fixture
def apps(tmp_path, aws):
    """Three deployed apps, of which the last has no user pool; `alice` is in the first and `ada` in the second."""
    for key, user in (("a_app", "alice"), ("b_app", "ada"), ("c_app", "carol")):
        (tmp_path / key).mkdir()
        for name in ("app.py", "resources.yaml"):
            (tmp_path / key / name).touch()
        (tmp_path / key / "stages.yaml").write_text(STAGES.format(name=key[0], user=user))
    apps = find_apps(tmp_path)
    for app in apps:
        tags = [{"Key": key, "Value": value} for key, value in app.tags("prod").items()]
        # moto's CloudFormation makes no user pools.
        pool = aws.client("cognito-idp").create_user_pool(PoolName=app.name)["UserPool"]["Id"]
        outputs = f"Outputs: {{ UserPoolId: {{ Value: {pool} }} }}\n" if app.key != "c_app" else ""
        aws.client("cloudformation").create_stack(
            StackName=app.full_name("prod"), TemplateBody=RESOURCES + outputs, Tags=tags
        )
    return apps


def sign_up(aws, app, username: str) -> None:
    stack = aws.client("cloudformation").describe_stacks(StackName=app.full_name("prod"))["Stacks"][0]
    aws.client("cognito-idp").admin_create_user(UserPoolId=stack["Outputs"][0]["OutputValue"], Username=username)


@pytest.mark.parametrize(("user", "key"), [("alice", "a_app"), ("ada", "b_app"), ("ada@example.com", "b_app")])
def test_a_demo_user_of_one_app_is_found(apps, aws, user, key):
    assert app_of_user(apps, aws, user).key == key


def test_a_user_who_signed_up_with_one_app_is_found(apps, aws):
    sign_up(aws, apps[1], "somebody@example.org")
    assert app_of_user(apps, aws, "somebody@example.org").key == "b_app"


def test_a_user_of_two_apps_needs_the_apps_name(apps, aws):
    with pytest.raises(DeployError, match="--app a_app or --app b_app"):
        app_of_user(apps, aws, "both")


def test_the_error_of_an_unknown_user_lists_the_apps(apps, aws):
    with pytest.raises(DeployError, match=r"nobody.*--app a_app or --app b_app"):
        app_of_user(apps, aws, "nobody")


def test_the_only_app_with_a_pool_is_chosen(apps, aws):
    assert app_of_user(apps[1:], aws, "nobody").key == "b_app"


def test_an_app_that_is_not_deployed_is_ignored(apps, aws):
    aws.client("cloudformation").delete_stack(StackName="b-prod")
    assert app_of_user(apps, aws, "both").key == "a_app"


def test_without_a_user_pool_sign_in_fails(apps, aws):
    with pytest.raises(DeployError, match="user pool"):
        app_of_user(apps[2:], aws, "carol")
