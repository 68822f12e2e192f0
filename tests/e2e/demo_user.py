"""A demo user of any app, signed in like a client."""

from dataclasses import dataclass, field

from pycognito import AWSSRP

from tests.e2e import id_tokens
from tests.e2e.local_stage import LocalStage


@dataclass
class DemoUser:
    """The demo user of an app who can call every operation."""

    stage: LocalStage
    app: str
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def pool_id(self) -> str:
        return self.stage.outputs(self.app)["UserPoolId"]

    @property
    def api_url(self) -> str:
        return str(self.stage.document["apps"][self.app]["api_url"])

    @property
    def valid_tokens(self) -> dict[str, str]:
        """The tokens, replaced before they end."""
        if not self._tokens or id_tokens.ends_soon(self._tokens["IdToken"]):
            self._tokens = self._sign_in()
        return self._tokens

    @property
    def id_token(self) -> str:
        return self.valid_tokens["IdToken"]

    def _sign_in(self) -> dict[str, str]:
        users = [user for user in self.stage.document["users"] if user["app"] == self.app]
        chosen = max(users, key=lambda user: len(user["groups"]))
        srp = AWSSRP(
            username=chosen["username"],
            password=chosen["password"],
            pool_id=self.pool_id,
            client_id=self.stage.outputs(self.app)["UserPoolClientId"],
            client=self.stage.client("cognito-idp"),
        )
        tokens: dict[str, str] = srp.authenticate_user()["AuthenticationResult"]
        return tokens
