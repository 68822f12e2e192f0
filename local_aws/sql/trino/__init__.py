"""Translates the part of Trino's SQL that is served here to DuckDB's.

What DuckDB does in another way is corrected, and what is not corrected is refused: a query never returns a result that
differs from Trino's without an error.
"""
