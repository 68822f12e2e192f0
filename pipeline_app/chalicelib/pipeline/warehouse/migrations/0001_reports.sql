-- The reports. Columns are in the order of the reports' SQL: COPY loads Parquet by position.
CREATE TABLE device_hour (
    device_id VARCHAR(64) NOT NULL,
    window_start TIMESTAMP NOT NULL,
    readings BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    late BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    longest_gap_seconds BIGINT NOT NULL,
    anomalies BIGINT NOT NULL,
    first_event_time TIMESTAMP NOT NULL,
    last_event_time TIMESTAMP NOT NULL,
    temperature_mean DOUBLE PRECISION,
    temperature_p50 DOUBLE PRECISION,
    temperature_p95 DOUBLE PRECISION,
    temperature_p99 DOUBLE PRECISION,
    humidity_mean DOUBLE PRECISION,
    humidity_p50 DOUBLE PRECISION,
    humidity_p95 DOUBLE PRECISION,
    humidity_p99 DOUBLE PRECISION,
    pressure_mean DOUBLE PRECISION,
    pressure_p50 DOUBLE PRECISION,
    pressure_p95 DOUBLE PRECISION,
    pressure_p99 DOUBLE PRECISION,
    battery_min DOUBLE PRECISION
)
DISTKEY (device_id)
SORTKEY (window_start, device_id);

CREATE TABLE device_day (
    device_id VARCHAR(64) NOT NULL,
    window_start TIMESTAMP NOT NULL,
    readings BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    late BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    longest_gap_seconds BIGINT NOT NULL,
    anomalies BIGINT NOT NULL,
    first_event_time TIMESTAMP NOT NULL,
    last_event_time TIMESTAMP NOT NULL,
    temperature_mean DOUBLE PRECISION,
    temperature_p50 DOUBLE PRECISION,
    temperature_p95 DOUBLE PRECISION,
    temperature_p99 DOUBLE PRECISION,
    humidity_mean DOUBLE PRECISION,
    humidity_p50 DOUBLE PRECISION,
    humidity_p95 DOUBLE PRECISION,
    humidity_p99 DOUBLE PRECISION,
    pressure_mean DOUBLE PRECISION,
    pressure_p50 DOUBLE PRECISION,
    pressure_p95 DOUBLE PRECISION,
    pressure_p99 DOUBLE PRECISION,
    battery_min DOUBLE PRECISION
)
DISTKEY (device_id)
SORTKEY (window_start, device_id);

CREATE TABLE fleet_hour (
    window_start TIMESTAMP NOT NULL,
    devices BIGINT NOT NULL,
    devices_with_gaps BIGINT NOT NULL,
    readings BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    late BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    longest_gap_seconds BIGINT NOT NULL,
    anomalies BIGINT NOT NULL,
    temperature_mean DOUBLE PRECISION,
    temperature_p50 DOUBLE PRECISION,
    temperature_p95 DOUBLE PRECISION,
    temperature_p99 DOUBLE PRECISION,
    humidity_mean DOUBLE PRECISION,
    humidity_p50 DOUBLE PRECISION,
    humidity_p95 DOUBLE PRECISION,
    humidity_p99 DOUBLE PRECISION,
    pressure_mean DOUBLE PRECISION,
    pressure_p50 DOUBLE PRECISION,
    pressure_p95 DOUBLE PRECISION,
    pressure_p99 DOUBLE PRECISION,
    battery_min DOUBLE PRECISION
)
SORTKEY (window_start);

CREATE TABLE fleet_day (
    window_start TIMESTAMP NOT NULL,
    devices BIGINT NOT NULL,
    devices_with_gaps BIGINT NOT NULL,
    readings BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    late BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    longest_gap_seconds BIGINT NOT NULL,
    anomalies BIGINT NOT NULL,
    temperature_mean DOUBLE PRECISION,
    temperature_p50 DOUBLE PRECISION,
    temperature_p95 DOUBLE PRECISION,
    temperature_p99 DOUBLE PRECISION,
    humidity_mean DOUBLE PRECISION,
    humidity_p50 DOUBLE PRECISION,
    humidity_p95 DOUBLE PRECISION,
    humidity_p99 DOUBLE PRECISION,
    pressure_mean DOUBLE PRECISION,
    pressure_p50 DOUBLE PRECISION,
    pressure_p95 DOUBLE PRECISION,
    pressure_p99 DOUBLE PRECISION,
    battery_min DOUBLE PRECISION
)
SORTKEY (window_start);
