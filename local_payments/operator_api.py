"""What the operator can do, as JSON and as the buttons of the operator's page."""

import random
import re
from collections.abc import Callable

from local_payments import payments, sessions, subscriptions
from local_payments.account import Account, Json
from local_payments.events import deliver
from local_payments.sender import Sender

_ON_OBJECT: dict[str, Callable[[Account, str, Json], Json]] = {
    "pay": lambda account, name, fields: sessions.public(sessions.complete(account, name)),
    "renew": lambda account, name, fields: subscriptions.renew(account, name),
    "fail": lambda account, name, fields: subscriptions.fail(account, name),
    "end": lambda account, name, fields: subscriptions.end(account, name),
    "refund": lambda account, name, fields: payments.refund(account, name, _amount(fields)),
    "dispute": lambda account, name, fields: payments.open_dispute(account, name),
    "inquire": lambda account, name, fields: payments.open_dispute(account, name, "warning_needs_response"),
    "win": lambda account, name, fields: payments.close_dispute(account, name, "won"),
    "lose": lambda account, name, fields: payments.close_dispute(account, name, "lost"),
    "decline": lambda account, name, fields: _set_declines(account, name, declines=True),
    "accept": lambda account, name, fields: _set_declines(account, name, declines=False),
}
ACTIONS = tuple(_ON_OBJECT)
_PATH = re.compile(r"/operator/(\w+)/(\w+)")


def call(account: Account, sender: Sender, path: str, fields: Json) -> Json | None:
    """Answer a POST below `/operator`; None if there is nothing of this name.

    - `/operator/ACTION/ID`: an action on a session, subscription, payment or dispute.
    - `/operator/settings`: `period_seconds`, how long a month is.
    - `/operator/hold`, and `/operator/release` with `order` (`made`, `reversed`, `shuffled`) and `copies`.
    """
    if path == "/operator/settings":
        seconds = fields.get("period_seconds")
        account.settings["period_seconds"] = int(seconds) if seconds else None
        return account.settings
    if path == "/operator/hold":
        sender.held = True
        return {"held": True}
    if path == "/operator/release":
        _reorder(account, str(fields.get("order", "made")), int(fields.get("copies", 1)))
        sender.held = False
        return {"held": False}
    match = _PATH.fullmatch(path)
    if match is None or match[1] not in _ON_OBJECT:
        return None
    return _ON_OBJECT[match[1]](account, match[2], fields)


def _reorder(account: Account, order: str, copies: int) -> None:
    """Put the deliveries that are due into another order, each as often as `copies` says."""
    due = [one for one in account.deliveries if one["due"] is not None]
    others = [one for one in account.deliveries if one["due"] is None]
    account.deliveries[:] = others
    for one in due:
        event = next(event for event in account.events if event["id"] == one["event"])
        for _ in range(copies):
            deliver(account, event, account.objects[one["endpoint"]])
    waiting = account.deliveries[len(others) :]
    if order == "reversed":
        waiting.reverse()
    elif order == "shuffled":
        random.shuffle(waiting)
    account.deliveries[len(others) :] = waiting


def _set_declines(account: Account, subscription_id: str, *, declines: bool) -> Json:
    """Let the customer's bank decline, or accept, the next payments of a subscription."""
    subscription = account.get(subscription_id, "subscription")
    customer = account.get(subscription["customer"], "customer")
    customer["declines"] = declines
    return customer


def _amount(fields: Json) -> int | None:
    amount = fields.get("amount")
    return int(amount) if amount else None
