"""Reports: for each hour and day of telemetry, SQL on Athena, whose results are Parquet, CSV and a manifest."""
