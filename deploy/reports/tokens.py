"""`token`: sign a user in by SRP, the flow that every client uses; the tool has no flow of its own."""

from botocore.exceptions import ClientError

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.stacks import Stack, stack_outputs
from deploy.settings import User
from deploy.target import Target


def app_of_user(apps: list[App], target: Target, user: str) -> App:
    """The app that `user` signs in to: the one that has the user, or the only one with a user pool.

    Raises
    ------
    DeployError
        No app has a user pool, or several do and not exactly one of them has the user.
    """
    pools = {app.key: pool for app in apps if (pool := (Stack(app, target).outputs() or {}).get("UserPoolId"))}
    with_pool = [app for app in apps if app.key in pools]
    if not with_pool:
        raise DeployError(f"no app in stage {target.stage} has a user pool")
    if len(with_pool) == 1:
        return with_pool[0]
    with_user = [app for app in with_pool if _has_user(app, target, pools[app.key], user)]
    if len(with_user) == 1:
        return with_user[0]
    choice = " or ".join(f"--app {app.key}" for app in with_user or with_pool)
    reason = "several apps have" if with_user else "no app has"
    raise DeployError(f"{reason} a user {user}: choose the app with {choice}")


def id_token(app: App, target: Target, user: str, password: str | None) -> str:
    """The ID token of a user.

    A demo user may be given by the part of the name before the @, and needs no password.

    Raises
    ------
    DeployError
        There is no password, or Cognito refuses the sign-in.
    """
    from pycognito import AWSSRP  # noqa: PLC0415 - only this command needs it, and it takes long to import

    outputs = stack_outputs(app, target)
    if "UserPoolClientId" not in outputs:
        raise DeployError(f"{app.key} has no user pool client")
    demo_user = _demo_user(app, target, user)
    secret = password or (demo_user.password if demo_user else None)
    if secret is None:
        raise DeployError(f"{user} is not a demo user of {app.key}: give --password")
    srp = AWSSRP(
        username=demo_user.username if demo_user else user,
        password=secret,
        pool_id=outputs["UserPoolId"],
        client_id=outputs["UserPoolClientId"],
        client=target.client("cognito-idp"),
    )
    try:
        return str(srp.authenticate_user()["AuthenticationResult"]["IdToken"])
    except ClientError as error:
        raise DeployError(f"sign-in of {user} failed: {error}") from error


def _has_user(app: App, target: Target, pool: str, user: str) -> bool:
    if _demo_user(app, target, user):
        return True
    client = target.client("cognito-idp")
    try:
        client.admin_get_user(UserPoolId=pool, Username=user)
    except client.exceptions.UserNotFoundException:
        return False
    return True


def _demo_user(app: App, target: Target, user: str) -> User | None:
    users = app.stage(target.stage).users
    return next((item for item in users if user in (item.username, item.username.partition("@")[0])), None)
