"""Which app a user is signed in to when the command names none."""

import pytest

from deploy.apps import find_apps
from deploy.errors import DeployError
from deploy.reports.tokens import app_of_user
from tests.unit.deploy.aws import moto_aws

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


@pytest.fixture(scope="module")
def aws():
    """Stage prod in moto's AWS, for all tests: no test changes what another one asks for."""
    with moto_aws() as target:
        yield target


@pytest.fixture(scope="module")
def all_apps(tmp_path_factory, aws):
    """Three deployed apps, of which the last has no user pool, and one that is not deployed.

    `alice` is in the first, `ada` in the second, and `both` in all.
    """
    tmp_path = tmp_path_factory.mktemp("apps")
    for key, user in (("a_app", "alice"), ("b_app", "ada"), ("c_app", "carol"), ("d_app", "dora")):
        (tmp_path / key).mkdir()
        for name in ("app.py", "resources.yaml"):
            (tmp_path / key / name).touch()
        (tmp_path / key / "stages.yaml").write_text(STAGES.format(name=key[0], user=user))
    apps = find_apps(tmp_path)
    for app in apps[:3]:
        tags = [{"Key": key, "Value": value} for key, value in app.tags("prod").items()]
        outputs = ""
        if app.key != "c_app":
            # moto's CloudFormation makes no user pools.
            pool = aws.client("cognito-idp").create_user_pool(PoolName=app.name)["UserPool"]["Id"]
            outputs = f"Outputs: {{ UserPoolId: {{ Value: {pool} }} }}\n"
        aws.client("cloudformation").create_stack(
            StackName=app.full_name("prod"), TemplateBody=RESOURCES + outputs, Tags=tags
        )
    return apps


@pytest.fixture(scope="module")
def apps(all_apps):
    """The deployed apps."""
    return all_apps[:3]


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


def test_an_app_that_is_not_deployed_is_ignored(all_apps, aws):
    deployed, *_, not_deployed = all_apps
    assert app_of_user([not_deployed, deployed], aws, "both").key == "a_app"


def test_without_a_user_pool_sign_in_fails(apps, aws):
    with pytest.raises(DeployError, match="user pool"):
        app_of_user(apps[2:], aws, "carol")
