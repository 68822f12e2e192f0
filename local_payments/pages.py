"""The pages: where a buyer pays, and where the operator acts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from local_payments.account import Account, Json
from local_payments.sessions import title

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
.note { border: 1px solid #c90; border-radius: .5rem; padding: .75rem 1rem; background: #fc31 }
.price { font-size: 2rem; margin: .5rem 0 } form { display: inline }
button { font: inherit; padding: .35rem .8rem; border-radius: .4rem; border: 1px solid #8888; cursor: pointer }
.main { background: #0a6; color: #fff; border-color: #0a6 } .missed { color: #c33 }
table { border-collapse: collapse; width: 100%; font-size: .875rem } td, th { text-align: left; padding: .25rem .5rem }
tr { border-top: 1px solid #8884 } code { font-size: .8rem }
"""
_LABELS = {"hold": "Hold events", "release": "Send the events that are held"}
_HINTS = {
    "renew": "End the period now: the next one is charged, or the subscription ends if it was cancelled",
    "fail": "End the period now, and decline the payment of the next one",
    "end": "End the subscription now",
    "decline": "The customer's bank declines all further payments",
    "accept": "The customer's bank accepts payments again",
    "refund": "Pay back what is left of the payment",
    "dispute": "The payer's bank takes the payment back",
    "win": "The shop wins the dispute",
    "lose": "The shop loses the dispute",
    "hold": "New events wait, to see the app without them",
    "release": "Send all events that wait",
}
_NOTE = (
    "<p class='note'>This is a simulation on your own machine. No money moves, and there is no field for a card: "
    "never type one here."
)


def page(heading: str, content: str) -> str:
    """Write a page."""
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(heading)}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(heading)}</h1>{content}</html>"
    )


def payment_page(account: Account, session: Json, message: str = "") -> str:
    """Write the page where a session is paid."""
    interval = ""
    price = account.get(session["prices"][0], "price")
    if price["recurring"]:
        interval = f" a {price['recurring']['interval']}"
    said = f"<p class='missed' role='alert'>{escape(message)}" if message else ""
    shop = session["success_url" if session["status"] == "complete" else "cancel_url"]
    back = f"<p><a href='{escape(shop)}'>Back to the shop</a>" if shop else ""
    if session["status"] != "open":
        state = "This is paid." if session["status"] == "complete" else "This page has expired."
        return page("Payment", f"{_NOTE}<h2>{escape(title(account, session))}</h2><p>{state}{back}")
    actions = _button(f"/c/pay/{session['id']}/pay", "Pay", "main") + " "
    actions += _button(f"/c/pay/{session['id']}/decline", "Let the bank decline")
    amount = f"<p class='price'>{_money(session['amount_total'], session['currency'])}{interval}"
    return page("Payment", f"{_NOTE}<h2>{escape(title(account, session))}</h2>{amount}{said}<p>{actions}{back}")


def operator_page(account: Account, *, held: bool) -> str:
    """Write the page with everything, and a button for everything that can happen."""
    parts = [
        _NOTE,
        "<p>",
        _operator_button("release") if held else _operator_button("hold"),
        _table("Subscriptions", [_subscription(account, one) for one in account.all("subscription")]),
        _table("Payments", [_payment(account, one) for one in account.all("payment_intent")]),
        _table("Disputes", [_dispute(one) for one in account.all("dispute")]),
        _table("Checkout sessions", [_session(account, one) for one in account.all("checkout.session")]),
        _table("Deliveries of events", [_delivery(account, one) for one in reversed(account.deliveries[-50:])]),
    ]
    return page("Payments, simulated", "".join(parts))


def _subscription(account: Account, one: Json) -> Iterator[str]:
    item = one["items"]["data"][0]
    yield f"<code>{one['id']}</code>"
    yield _product(account, item["price"]["product"])
    yield f"{one['status']}{', ends with its period' if one['cancel_at_period_end'] else ''}"
    yield f"{_money(item['price']['unit_amount'], one['currency'])} until {_time(item['current_period_end'])}"
    if one["status"] != "canceled":
        declines = account.get(one["customer"], "customer")["declines"]
        actions = ("renew", "fail", "end", "accept" if declines else "decline")
        yield " ".join(_operator_button(action, one["id"]) for action in actions)


def _payment(account: Account, one: Json) -> Iterator[str]:
    charge = account.get(one["latest_charge"], "charge")
    yield f"<code>{one['id']}</code>"
    yield _sold(account, one["id"])
    yield _money(one["amount"], one["currency"])
    yield f"refunded {_money(charge['amount_refunded'], one['currency'])}" if charge["amount_refunded"] else ""
    yield " ".join(_operator_button(action, one["id"]) for action in ("refund", "dispute"))


def _dispute(one: Json) -> Iterator[str]:
    yield f"<code>{one['id']}</code> of <code>{one['payment_intent']}</code>"
    yield one["status"]
    if one["status"] == "needs_response":
        yield " ".join(_operator_button(action, one["id"]) for action in ("win", "lose"))


def _session(account: Account, one: Json) -> Iterator[str]:
    yield f"<a href='/c/pay/{one['id']}'><code>{one['id']}</code></a>"
    yield escape(title(account, one))
    yield f"{one['mode']}, {one['status']}"
    yield _money(one["amount_total"], one["currency"])


def _delivery(account: Account, one: Json) -> Iterator[str]:
    event = next(event for event in account.events if event["id"] == one["event"])
    yield f"<code>{event['id']}</code>"
    yield event["type"]
    yield "waiting" if one["answer"] is None else f"answered {one['answer']}, attempt {one['attempts']}"


def _table(heading: str, rows: list[Iterator[str]]) -> str:
    lines = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    return f"<h2>{heading}</h2><table>{lines or '<tr><td>none'}</table>"


def _sold(account: Account, intent_id: str) -> str:
    """Name what a payment has paid."""
    for session in account.all("checkout.session"):
        if session["payment_intent"] == intent_id:
            return escape(title(account, session))
    for one in account.all("invoice_payment"):
        if one["payment"]["payment_intent"] == intent_id:
            # The last line is the period; one before it is a credit.
            line = account.get(one["invoice"], "invoice")["lines"]["data"][-1]
            return _product(account, line["pricing"]["price_details"]["product"])
    return ""


def _product(account: Account, product_id: str) -> str:
    return escape(str(account.get(product_id, "product")["name"]))


def _operator_button(action: str, object_id: str = "") -> str:
    path = f"/operator/{action}/{object_id}".rstrip("/")
    return _button(path, _LABELS.get(action, action.capitalize()), hint=_HINTS[action])


def _button(path: str, label: str, kind: str = "", hint: str = "") -> str:
    button = f"<button class='{kind}' title='{escape(hint)}'>{escape(label)}</button>"
    return f"<form method='post' action='{escape(path)}'>{button}</form>"


def _money(amount: int, currency: str) -> str:
    return f"{amount / 100:.2f} {escape(currency.upper())}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
