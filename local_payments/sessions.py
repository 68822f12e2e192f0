"""Checkout Sessions: https://docs.stripe.com/api/checkout/sessions"""

from local_payments import subscriptions
from local_payments.account import Account, Json
from local_payments.events import emit
from local_payments.payments import NotAllowed, pay
from local_payments.prices import make_price

LIFETIME_SECONDS = 24 * 3600


def create(account: Account, fields: Json, base_url: str) -> Json:
    """Make a session, and the URL of its payment page."""
    prices = [make_price(account, item["price_data"]) for item in fields["line_items"]]
    quantities = [int(item.get("quantity", 1)) for item in fields["line_items"]]
    total = sum(price["unit_amount"] * quantity for price, quantity in zip(prices, quantities, strict=True))
    session = account.add(
        "cs_test",
        "checkout.session",
        amount_subtotal=total,
        amount_total=total,
        cancel_url=fields.get("cancel_url"),
        client_reference_id=fields.get("client_reference_id"),
        currency=prices[0]["currency"],
        customer=None,
        expires_at=account.now() + LIFETIME_SECONDS,
        invoice=None,
        metadata=fields.get("metadata", {}),
        mode=fields["mode"],
        payment_intent=None,
        payment_intent_data=fields.get("payment_intent_data", {}),
        payment_status="unpaid",
        prices=[price["id"] for price in prices],
        status="open",
        subscription=None,
        subscription_data=fields.get("subscription_data", {}),
        success_url=fields["success_url"],
        ui_mode="hosted_page",
    )
    session["url"] = f"{base_url}/c/pay/{session['id']}"
    return session


def complete(account: Account, session_id: str) -> Json:
    """Pay a session.

    Raises
    ------
    NoSuchObject
    NotAllowed
        It is paid already, or expired.
    """
    session = _open_session(account, session_id)
    if session["mode"] == "payment":
        metadata = session["payment_intent_data"].get("metadata", {})
        intent = pay(account, session["amount_total"], session["currency"], None, metadata)
        session["payment_intent"] = intent["id"]
    else:
        subscription = subscriptions.start(account, session, account.get(session["prices"][0], "price"))
        session.update(
            subscription=subscription["id"],
            customer=subscription["customer"],
            invoice=subscription["latest_invoice"],
        )
    session.update(status="complete", payment_status="paid", url=None)
    emit(account, "checkout.session.completed", public(session))
    return session


def _open_session(account: Account, session_id: str) -> Json:
    session = account.get(session_id, "checkout.session")
    if session["status"] == "open" and account.now() >= session["expires_at"]:
        session.update(status="expired", url=None)
        emit(account, "checkout.session.expired", public(session))
    if session["status"] != "open":
        raise NotAllowed(f"The session is {session['status']}.")
    return session


def public(session: Json) -> Json:
    """Return a session without what only this program knows."""
    return {
        name: value
        for name, value in session.items()
        if name not in ("payment_intent_data", "subscription_data", "prices")
    }


def title(account: Account, session: Json) -> str:
    """Return the name of what is sold."""
    price = account.get(session["prices"][0], "price")
    return str(account.get(price["product"], "product")["name"])
