"""Prices and their products: https://docs.stripe.com/api/prices/object"""

from local_payments.account import Account, Json


def make_price(account: Account, data: Json) -> Json:
    """Make a price, and its product unless it is named."""
    product = data.get("product") or account.add("prod", "product", name=data["product_data"]["name"])["id"]
    recurring = data.get("recurring")
    return account.add(
        "price",
        "price",
        currency=data["currency"],
        product=product,
        recurring={"interval": recurring["interval"], "interval_count": 1} if recurring else None,
        type="recurring" if recurring else "one_time",
        unit_amount=int(data["unit_amount"]),
    )
