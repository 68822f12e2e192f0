"""Cognito: completes MiniStack's.

Several modules wrap one operation. `python -m local_aws hooks InitiateAuth` lists the wrappers, the outermost first;
`local_aws/hooks/order.py` declares their order.
"""
