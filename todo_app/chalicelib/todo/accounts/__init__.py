"""Accounts: how they are deleted with everything that is theirs."""
