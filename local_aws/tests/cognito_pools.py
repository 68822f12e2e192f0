"""User pools and identity pools for conformance tests, and the mail that they send."""

import json
import re
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from pycognito.aws_srp import AWSSRP

PASSWORD = "Correct-horse-7"
FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


def new_address() -> str:
    return f"user-{uuid.uuid4().hex[:10]}@example.com"


def mails(aws, address: str) -> list[dict[str, Any]]:
    """The messages sent to one address, oldest first."""
    with urllib.request.urlopen(f"{aws.endpoint_url}/_ministack/ses/messages") as response:
        accounts = json.load(response)["messages"].values()
    sent = [message for messages in accounts for message in messages if address in message["To"]]
    return sorted(sent, key=lambda message: message["Timestamp"])


def codes(aws, address: str) -> list[str]:
    """The six-digit codes mailed to one address, oldest first."""
    return [match[0] for mail in mails(aws, address) if (match := re.search(r"\b\d{6}\b", mail["BodyText"]))]


@dataclass
class Pool:
    """A user pool with one public app client, signed in to by e-mail address."""

    aws: Any
    id: str
    client_id: str

    @classmethod
    def create(cls, aws, client: dict[str, Any] | None = None, **pool: Any) -> "Pool":
        idp = aws.client("cognito-idp")
        settings = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]} | pool
        pool_id = idp.create_user_pool(PoolName=f"pool-{uuid.uuid4().hex[:8]}", **settings)["UserPool"]["Id"]
        client_settings = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"} | (client or {})
        response = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="web", **client_settings)
        return cls(aws, pool_id, response["UserPoolClient"]["ClientId"])

    @property
    def idp(self):
        return self.aws.client("cognito-idp")

    @property
    def provider(self) -> str:
        return f"cognito-idp.us-east-1.amazonaws.com/{self.id}"

    def sign_up(self, address: str | None = None, **rest: Any) -> str:
        """A new unconfirmed user; returns the address."""
        address = address or new_address()
        attributes = [{"Name": "email", "Value": address}]
        self.idp.sign_up(
            ClientId=self.client_id, Username=address, Password=PASSWORD, UserAttributes=attributes, **rest
        )
        return address

    def user(self, address: str | None = None) -> str:
        """A new confirmed user; returns the address."""
        address = self.sign_up(address)
        self.idp.admin_confirm_sign_up(UserPoolId=self.id, Username=address)
        return address

    def confirm(self, address: str) -> None:
        """Confirm with the code from the mailbox, as a user does."""
        code = codes(self.aws, address)[-1]
        self.idp.confirm_sign_up(ClientId=self.client_id, Username=address, ConfirmationCode=code)

    def attributes(self, address: str) -> dict[str, str]:
        user = self.idp.admin_get_user(UserPoolId=self.id, Username=address)
        return {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]}

    def tokens(self, address: str, password: str = PASSWORD) -> dict[str, Any]:
        """Sign in by password."""
        response = self.idp.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": address, "PASSWORD": password},
        )
        return response["AuthenticationResult"]

    def srp_tokens(self, address: str, password: str = PASSWORD) -> dict[str, Any]:
        """Sign in by SRP, with a client library's own arithmetic."""
        srp = AWSSRP(address, password, self.id, self.client_id, client=self.idp)
        return srp.authenticate_user()["AuthenticationResult"]

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        response = self.idp.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh_token},
        )
        return response["AuthenticationResult"]
