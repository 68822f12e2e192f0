"""What the services that run SQL share: DuckDB without access to the machine, and S3 objects as its files.

Services import these modules when their first query runs, because DuckDB and sqlglot use 45 MB of memory.
"""
