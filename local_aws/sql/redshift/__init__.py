"""Amazon Redshift's SQL on a DuckDB file: sessions, transactions, privileges, COPY and UNLOAD."""
