"""Step 6, in stage local only: the demo users of stages.yaml in the app's user pool."""

from typing import Any

from deploy.apps import App
from deploy.progress import Progress
from deploy.settings import User
from deploy.target import Target


def create_users(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Create the missing users with their passwords and groups."""
    users = app.stage(target.stage).users
    if not users or "UserPoolId" not in outputs or not target.is_local:
        return
    client, pool = target.client("cognito-idp"), outputs["UserPoolId"]
    group_names = {item["GroupName"] for item in client.list_groups(UserPoolId=pool)["Groups"]}
    for user in users:
        if _create(client, pool, user):
            progress.change(f"demo user {user.username}")
            _join_groups(client, pool, user, group_names)


def _create(client: Any, pool: str, user: User) -> bool:
    """Create one user; returns False if the user exists and is confirmed."""
    try:
        current_user = client.admin_get_user(UserPoolId=pool, Username=user.username)
        if current_user["UserStatus"] == "CONFIRMED":
            return False
    except client.exceptions.UserNotFoundException:
        email = [{"Name": "email", "Value": user.username}] if "@" in user.username else []
        client.admin_create_user(
            UserPoolId=pool,
            Username=user.username,
            UserAttributes=[*email, {"Name": "email_verified", "Value": "true"}] if email else [],
            MessageAction="SUPPRESS",
        )
    client.admin_set_user_password(UserPoolId=pool, Username=user.username, Password=user.password, Permanent=True)
    return True


def _join_groups(client: Any, pool: str, user: User, group_names: set[str]) -> None:
    for group in user.groups:
        if group not in group_names:
            client.create_group(UserPoolId=pool, GroupName=group)
            group_names.add(group)
        client.admin_add_user_to_group(UserPoolId=pool, Username=user.username, GroupName=group)
