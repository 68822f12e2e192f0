"""Runs a query of Athena: Glue tables on S3 as views of DuckDB, results as Athena writes them."""
