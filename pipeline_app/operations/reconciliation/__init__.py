"""Reconciliation: the ledger of the devices compared with the stream, S3, the quarantine and the warehouse."""
