"""Faults on request: the rules, and the HTTP API that makes them."""
