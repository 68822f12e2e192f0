"""Signs a device in: the password goes to Cognito's SRP exchange only, and the device keeps a refresh token."""

from typing import Any

import msgspec


class SignedOut(Exception):
    """Cognito does not take the user's password or refresh token."""


class Session(msgspec.Struct):
    """What a device keeps of a sign-in."""

    username: str
    refresh_token: str


class SignIn:
    """One app client of a user pool; `cognito` is a client of cognito-idp."""

    def __init__(self, cognito: Any, user_pool_id: str, client_id: str) -> None:
        self._cognito = cognito
        self._user_pool_id = user_pool_id
        self._client_id = client_id

    def session(self, username: str, password: str) -> Session:
        """Sign in.

        Raises
        ------
        SignedOut
        """
        from pycognito import AWSSRP  # noqa: PLC0415 - takes long to import, and most calls have a session

        srp = AWSSRP(
            username=username,
            password=password,
            pool_id=self._user_pool_id,
            client_id=self._client_id,
            client=self._cognito,
        )
        try:
            tokens = srp.authenticate_user()["AuthenticationResult"]
        except self._cognito.exceptions.NotAuthorizedException as error:
            raise SignedOut(f"{username} or the password is not right") from error
        return Session(username, tokens["RefreshToken"])

    def id_token(self, session: Session) -> str:
        """Return a new ID token.

        Raises
        ------
        SignedOut
        """
        try:
            answer = self._cognito.initiate_auth(
                AuthFlow="REFRESH_TOKEN_AUTH",
                ClientId=self._client_id,
                AuthParameters={"REFRESH_TOKEN": session.refresh_token},
            )
        except self._cognito.exceptions.NotAuthorizedException as error:
            raise SignedOut("sign in again") from error
        return str(answer["AuthenticationResult"]["IdToken"])
