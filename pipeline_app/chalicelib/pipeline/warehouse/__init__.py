"""The warehouse: reports are loaded from S3 into tables of Amazon Redshift, each exactly once."""
