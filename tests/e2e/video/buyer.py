"""A viewer who buys, and the local payment provider's pages and operator."""

import re
import secrets
from typing import Any

import requests

from local_aws.testing import wait_until
from tests.e2e.local_stage import LocalStage
from tests.e2e.video.viewer import APP, Viewer

PASSWORD = "a-password-of-a-buyer"
PAY = re.compile(r"<form method='post' action='([^']+)'><button[^>]*>Pay<")


class Buyer(Viewer):
    """A new user who has paid nothing yet."""

    @property
    def token(self) -> str:
        return self.stage.token(APP, self.user, PASSWORD)

    @property
    def shop(self) -> str:
        """The URL of the payment provider."""
        return str(self.stage.document["servers"]["payments"])

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        headers = {"Authorization": self.token}
        return requests.request(method, f"{self.site_url}/api{path}", headers=headers, **arguments)

    def check_out(self, **body: str) -> dict[str, str]:
        """Make an order; returns its addresses."""
        answer = self.call("POST", "/checkout", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def pay(self, checkout: dict[str, str]) -> None:
        """Press the button of the payment page."""
        page = requests.get(checkout["paymentUrl"])
        match = PAY.search(page.text)
        assert match, page.text
        answer = requests.post(self.shop + match[1], allow_redirects=False)
        assert answer.headers["Location"].startswith(f"{self.site_url}/?order={checkout['orderId']}")

    def buy(self, **body: str) -> str:
        """Buy something, and wait until it is known to be paid; returns the order's id."""
        checkout = self.check_out(**body)
        self.pay(checkout)
        self.wait_for_status(checkout["orderId"], "paid")
        return checkout["orderId"]

    def wait_for_status(self, order: str, status: str) -> None:
        path = f"/orders/{order}"
        wait_until(lambda: self.call("GET", path).json()["status"], f"order {status}", lambda now: now == status)

    def entitlement(self) -> dict[str, Any] | None:
        """The only entitlement; None if there is none."""
        found = self.call("GET", "/entitlements").json()["entitlements"]
        assert len(found) < 2
        return found[0] if found else None

    def wait_for_entitlement(self, **fields: Any) -> dict[str, Any]:
        """Wait until the only entitlement has these values."""
        found = wait_until(self.entitlement, str(fields), lambda now: now and now.items() >= fields.items())
        assert found
        return found

    def act(self, action: str, name: str = "", **fields: Any) -> dict[str, Any]:
        """Do what the operator's page can do."""
        path = f"/operator/{action}/{name}" if name else f"/operator/{action}"
        answer = requests.post(self.shop + path, json=fields)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def session(self, checkout: dict[str, str]) -> dict[str, Any]:
        """What the provider knows of an order that is being paid."""
        name = checkout["paymentUrl"].rpartition("/")[2]
        headers = {"Authorization": "Bearer sk_test_operator"}
        return dict(requests.get(f"{self.shop}/v1/checkout/sessions/{name}", headers=headers).json())


def new_buyer(stage: LocalStage) -> Buyer:
    """Sign a user up who exists for one test only."""
    name, pool = f"{secrets.token_hex(6)}@example.com", stage.outputs(APP)["UserPoolId"]
    cognito = stage.client("cognito-idp")
    cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
    return Buyer(stage, name)
