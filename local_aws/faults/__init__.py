"""Injects faults: the rules, and the HTTP API that creates them."""
