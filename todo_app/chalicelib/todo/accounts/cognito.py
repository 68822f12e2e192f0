"""Users in a Cognito user pool, and their identities in an identity pool."""

from collections.abc import Callable
from typing import Any

from chalicelib.todo.errors import AccountDeleted


class UserPool:
    """Users by their names in one user pool."""

    def __init__(self, client: Callable[[], Any], user_pool_id: str) -> None:
        self._client = client
        self._user_pool_id = user_pool_id

    def sign_out(self, username: str) -> None:
        """Revoke all refresh tokens of a user who is still there."""
        self._for_present_user("admin_user_global_sign_out", username)

    def delete(self, username: str) -> None:
        """Delete a user who is still there."""
        self._for_present_user("admin_delete_user", username)

    def _for_present_user(self, operation: str, username: str) -> None:
        client = self._client()
        try:
            getattr(client, operation)(UserPoolId=self._user_pool_id, Username=username)
        except client.exceptions.UserNotFoundException:
            return


class IdentityPool:
    """Identities of one user pool's users; `client` is one that signs nothing, as GetId wants."""

    def __init__(self, client: Callable[[], Any], identity_pool_id: str, provider: str) -> None:
        self._client = client
        self._identity_pool_id = identity_pool_id
        self._provider = provider

    def identity_id(self, id_token: str) -> str:
        """Ask for the identity with the user's own ID token; it is made if the user never used one."""
        client = self._client()
        try:
            answer = client.get_id(IdentityPoolId=self._identity_pool_id, Logins={self._provider: id_token})
        except client.exceptions.NotAuthorizedException as error:
            # The gateway took the token, but the user pool, which is asked here, has deleted or disabled the user.
            raise AccountDeleted("This account is deleted.") from error
        identity_id: str = answer["IdentityId"]
        return identity_id
