"""Users in a Cognito user pool, and their identities in an identity pool."""

from collections.abc import Callable
from typing import Any

from chalicelib.todo.errors import TokenRefused


class UserPool:
    """The users of one user pool, by their names; `client` makes a client of the user pools."""

    def __init__(self, client: Callable[[], Any], user_pool_id: str) -> None:
        self._client = client
        self._user_pool_id = user_pool_id

    def sign_out(self, username: str) -> None:
        """Revoke all refresh tokens of a user, if the user exists."""
        self._call_for_existing_user("admin_user_global_sign_out", username)

    def delete(self, username: str) -> None:
        """Delete a user, if the user exists."""
        self._call_for_existing_user("admin_delete_user", username)

    def _call_for_existing_user(self, operation: str, username: str) -> None:
        client = self._client()
        try:
            getattr(client, operation)(UserPoolId=self._user_pool_id, Username=username)
        except client.exceptions.UserNotFoundException:
            return


class IdentityPool:
    """The identities of one user pool's users.

    `client` makes a client of the identity pools that signs nothing: GetId takes no credentials. `provider` is the user
    pool's name in the logins.
    """

    def __init__(self, client: Callable[[], Any], identity_pool_id: str, provider: str) -> None:
        self._client = client
        self._identity_pool_id = identity_pool_id
        self._provider = provider

    def identity_id(self, id_token: str) -> str:
        """Get the identity by the user's own ID token; Cognito creates it if the user never used one.

        Raises
        ------
        TokenRefused
        """
        client = self._client()
        try:
            response = client.get_id(IdentityPoolId=self._identity_pool_id, Logins={self._provider: id_token})
        except client.exceptions.NotAuthorizedException as error:
            # API Gateway accepts a token until it expires; the identity pool asks the user pool.
            raise TokenRefused("The user has signed out since this token was issued; sign in again.") from error
        identity_id: str = response["IdentityId"]
        return identity_id
