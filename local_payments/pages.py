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
    back = f"<p><a href='{escape(session['cancel_url'])}'>Back to the shop</a>" if session["cancel_url"] else ""
    if session["status"] != "open":
        return page("Payment", f"{_NOTE}<p>This page is no longer valid: the session is {session['status']}.{back}")
    actions = _button(f"/c/pay/{session['id']}/pay", "Pay", "main") + " "
    actions += _button(f"/c/pay/{session['id']}/decline", "Let the bank decline")
    amount = f"<p class='price'>{_money(session['amount_total'], session['currency'])}{interval}"
    return page("Payment", f"{_NOTE}<h2>{escape(title(account, session))}</h2>{amount}{said}<p>{actions}{back}")


def operator_page(account: Account, *, held: bool) -> str:
    """Write the page with everything, and a button for everything that can happen."""
    parts = [
        _NOTE,
        _table("Subscriptions", [_subscription(account, one) for one in account.all("subscription")]),
        _table("Payments", [_payment(account, one) for one in account.all("payment_intent")]),
        _table("Disputes", [_dispute(one) for one in account.all("dispute")]),
        _table("Checkout sessions", [_session(one) for one in account.all("checkout.session")]),
        _table("Deliveries of events", [_delivery(account, one) for one in reversed(account.deliveries[-50:])]),
        _button("/operator/release", "Send the events that are held") if held else "",
        " " if held else _button("/operator/hold", "Hold events"),
    ]
    return page("Payments, simulated", "".join(parts))


def _subscription(account: Account, one: Json) -> Iterator[str]:
    item = one["items"]["data"][0]
    yield f"<code>{one['id']}</code>"
    yield f"{one['status']}{', ends with its period' if one['cancel_at_period_end'] else ''}"
    yield f"{_money(item['price']['unit_amount'], one['currency'])} until {_time(item['current_period_end'])}"
    if one["status"] != "canceled":
        declines = account.get(one["customer"], "customer")["declines"]
        actions = ("renew", "fail", "end", "accept" if declines else "decline")
        yield " ".join(_button(f"/operator/{action}/{one['id']}", action.capitalize()) for action in actions)


def _payment(account: Account, one: Json) -> Iterator[str]:
    charge = account.get(one["latest_charge"], "charge")
    yield f"<code>{one['id']}</code>"
    yield _money(one["amount"], one["currency"])
    yield f"refunded {_money(charge['amount_refunded'], one['currency'])}" if charge["amount_refunded"] else ""
    yield " ".join(_button(f"/operator/{action}/{one['id']}", action.capitalize()) for action in ("refund", "dispute"))


def _dispute(one: Json) -> Iterator[str]:
    yield f"<code>{one['id']}</code> of <code>{one['payment_intent']}</code>"
    yield one["status"]
    if one["status"] == "needs_response":
        yield " ".join(_button(f"/operator/{action}/{one['id']}", action.capitalize()) for action in ("win", "lose"))


def _session(one: Json) -> Iterator[str]:
    yield f"<a href='/c/pay/{one['id']}'><code>{one['id']}</code></a>"
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


def _button(path: str, label: str, kind: str = "") -> str:
    return f"<form method='post' action='{escape(path)}'><button class='{kind}'>{escape(label)}</button></form>"


def _money(amount: int, currency: str) -> str:
    return f"{amount / 100:.2f} {escape(currency.upper())}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
