"""A payment provider on this machine, with Stripe's API, events and signatures, and without any money.

`python -m local_payments --port 8009` serves on 127.0.0.1:

- `/v1/...`: the part of Stripe's API that sells single things and subscriptions (https://docs.stripe.com/api),
- `/c/pay/SESSION`: the payment page, with buttons instead of card fields,
- `/`: a page for the operator, who renews, fails, refunds and disputes payments; `/operator/...` is the same as JSON.

It knows no app: it calls the webhooks that were registered with it.
"""

# Objects and events have the forms of this version: https://docs.stripe.com/api/versioning
API_VERSION = "2026-10-28.endive"
