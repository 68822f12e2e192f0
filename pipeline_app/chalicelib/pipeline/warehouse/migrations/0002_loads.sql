-- The newest load of each report.
CREATE TABLE loads (
    kind VARCHAR(16) NOT NULL,
    window_id VARCHAR(16) NOT NULL,
    window_start TIMESTAMP NOT NULL,
    data_version BIGINT NOT NULL,
    run_id VARCHAR(64) NOT NULL,
    manifest_key VARCHAR(256) NOT NULL,
    row_count BIGINT NOT NULL,
    complete BOOLEAN NOT NULL,
    loaded_at TIMESTAMP NOT NULL
)
SORTKEY (window_start);
