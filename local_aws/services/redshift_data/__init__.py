"""The Amazon Redshift Data API: SQL statements that run asynchronously on a workgroup's databases.

MiniStack does not have this service. The databases are DuckDB files (`local_aws.sql.redshift`), which are imported when
the first statement runs.
https://docs.aws.amazon.com/redshift-data/latest/APIReference/Welcome.html
https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html
"""
