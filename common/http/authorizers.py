"""The Cognito authorizer of API Gateway, for `chalice local` too."""

import warnings
from typing import Any

from chalice.app import Authorizer, CognitoUserPoolAuthorizer

# Chalice warns that it lets requests pass; common.http.principals verifies them then.
warnings.filterwarnings("ignore", message="UserPoolAuthorizer is not")


class UserPoolAuthorizer(Authorizer):
    """Deploys as Chalice's CognitoUserPoolAuthorizer.

    Chalice's local mode takes that class as a sign to decode tokens without verifying them, and breaks the connection
    on a malformed one; a class that it does not know leaves the request to us.
    """

    def __init__(self, name: str, user_pool_arn: str) -> None:
        self.name = name
        self.scopes: list[str] = []
        self._deployed = CognitoUserPoolAuthorizer(name, [user_pool_arn])

    def to_swagger(self) -> dict[str, Any]:
        """Describe the authorizer to API Gateway."""
        described: dict[str, Any] = self._deployed.to_swagger()
        return described
