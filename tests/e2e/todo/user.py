"""A user of MyTodoList, who signs up, reads the mailbox, signs in by SRP and calls the API."""

import re
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
import requests
from botocore import UNSIGNED
from botocore.config import Config
from pycognito import AWSSRP

from local_aws.testing import wait_until
from tests.e2e import id_tokens
from tests.e2e.local_stage import LocalStage

APP = "todo_app"
CODE = re.compile(r"\b(\d{6})\b")


def unique_address() -> str:
    return f"user-{secrets.token_hex(6)}@example.com"


@dataclass
class TodoUser:
    """One address and password; everything else comes from the API and Cognito."""

    stage: LocalStage
    username: str = field(default_factory=unique_address)
    password: str = "correct-horse-battery"
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        return str(self.stage.document["apps"][APP]["api_url"])

    @cached_property
    def config(self) -> dict[str, Any]:
        """The public configuration."""
        response = requests.get(f"{self.api_url}/config")
        assert response.status_code == 200, response.text
        return response.json()

    @cached_property
    def cognito(self) -> Any:
        return self._unsigned("cognito-idp", self.config["endpoints"]["cognitoIdp"])

    @cached_property
    def identities(self) -> Any:
        return self._unsigned("cognito-identity", self.config["endpoints"]["cognitoIdentity"])

    def _unsigned(self, service: str, endpoint: str) -> Any:
        return boto3.client(
            service,
            region_name=self.config["region"],
            endpoint_url=endpoint,
            config=Config(signature_version=UNSIGNED, retries={"max_attempts": 1}),
        )

    def sign_up(self) -> "TodoUser":
        """Register, and confirm with the code from the mail."""
        client_id = self.config["userPoolClientId"]
        self.cognito.sign_up(ClientId=client_id, Username=self.username, Password=self.password, **self._attributes())
        self.cognito.confirm_sign_up(ClientId=client_id, Username=self.username, ConfirmationCode=self.code())
        return self

    def _attributes(self) -> dict[str, Any]:
        return {"UserAttributes": [{"Name": "email", "Value": self.username}]}

    def code(self) -> str:
        """The newest code mailed to this user."""
        return wait_until(self._mailed_code, f"a code is mailed to {self.username}")

    def _mailed_code(self) -> str:
        mails = requests.get(f"{self.stage.document['endpoint_url']}/mailbox", {"to": self.username})
        codes = (CODE.search(mail["text"] or mail["html"]) for mail in mails.json())
        return next((code[1] for code in codes if code), "")

    def sign_in(self) -> "TodoUser":
        """SRP: the password never leaves the client."""
        srp = AWSSRP(
            username=self.username,
            password=self.password,
            pool_id=self.config["userPoolId"],
            client_id=self.config["userPoolClientId"],
            client=self.cognito,
        )
        self.tokens = srp.authenticate_user()["AuthenticationResult"]
        return self

    @property
    def valid_tokens(self) -> dict[str, str]:
        """The tokens, refreshed before they end."""
        if id_tokens.ends_soon(self.tokens["IdToken"]):
            self.tokens |= self.refresh()
        return self.tokens

    @property
    def id_token(self) -> str:
        """The ID token, refreshed before it ends."""
        return self.valid_tokens["IdToken"]

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the ID token, without verification."""
        return id_tokens.claims(self.tokens["IdToken"])

    @property
    def sub(self) -> str:
        return str(self.claims["sub"])

    def refresh(self) -> dict[str, str]:
        response = self.cognito.initiate_auth(
            ClientId=self.config["userPoolClientId"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": self.tokens["RefreshToken"]},
        )
        return response["AuthenticationResult"]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One API call with this user's ID token; `If_Match="x"` is sent as `If-Match`."""
        sent = {"Authorization": self.id_token} | {name.replace("_", "-"): v for name, v in headers.items()}
        url = path if path.startswith("http") else self.api_url + path
        return requests.request(method, url, json=body, headers=sent, verify=self.stage.document["ca_file"])

    def add(self, title: str, **fields: Any) -> dict[str, Any]:
        response = self.call("POST", "/todos", {"title": title, **fields})
        assert response.status_code == 201, response.text
        return response.json()

    def titles(self, query: str = "") -> list[str]:
        response = self.call("GET", f"/todos{query}")
        assert response.status_code == 200, response.text
        return [todo["title"] for todo in response.json()]

    @cached_property
    def identity(self) -> tuple[str, dict[str, Any]]:
        """(identity id, temporary credentials) of this user, from the identity pool."""
        provider = f"cognito-idp.{self.config['region']}.amazonaws.com/{self.config['userPoolId']}"
        logins = {provider: self.id_token}
        identity = self.identities.get_id(IdentityPoolId=self.config["identityPoolId"], Logins=logins)["IdentityId"]
        response = self.identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)
        return identity, response["Credentials"]

    @property
    def folder(self) -> str:
        return self.identity[0]

    def client(self, service: str) -> Any:
        """A boto3 client with this user's temporary credentials."""
        return self.stage.client(service, self.identity[1])
