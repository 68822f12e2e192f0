"""Entitlements: who may watch what, and until when."""
