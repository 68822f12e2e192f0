"""Athena: SELECT and UNLOAD in Trino's SQL on Glue tables of Parquet, with workgroups and events.

https://docs.aws.amazon.com/athena/latest/APIReference/. The SQL is in `local_aws.sql`, which is imported when the first
query runs.
"""
