"""`token`: sign a user in by SRP, as a phone does; no flow is open to the tool that is not open to everyone."""

from botocore.exceptions import ClientError
from pycognito import AWSSRP

from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps.cloudformation import stack_outputs
from deploy.target import Target


def id_token(app: App, target: Target, user: str, password: str | None) -> str:
    """The ID token of a user, given by name or by the part before its @; demo users' passwords are known.

    Raises
    ------
    DeployError
        The user is unknown or the password is wrong.
    """
    outputs = stack_outputs(app, target)
    if "UserPoolClientId" not in outputs:
        raise DeployError(f"{app.key} has no user pool client")
    demo = next((item for item in app.stage(target.stage).users if user in _names(item.username)), None)
    secret = password or (demo.password if demo else None)
    if secret is None:
        raise DeployError(f"{user} is no demo user of {app.key}: give --password")
    srp = AWSSRP(
        username=demo.username if demo else user,
        password=secret,
        pool_id=outputs["UserPoolId"],
        client_id=outputs["UserPoolClientId"],
        client=target.client("cognito-idp"),
    )
    try:
        return str(srp.authenticate_user()["AuthenticationResult"]["IdToken"])
    except ClientError as error:
        raise DeployError(f"sign-in of {user} failed: {error}") from error


def _names(username: str) -> tuple[str, str]:
    return username, username.partition("@")[0]
