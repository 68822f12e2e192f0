"""Payments: orders, the payment provider's events, and the entitlements that follow from them."""
