-- Loads the report of one run, in one transaction. {kind}, {source} and {role} are replaced by checked values.
--
-- One load at a time: without the lock, two transactions could both find no newer load.
-- https://docs.aws.amazon.com/redshift/latest/dg/r_LOCK.html
LOCK loads;

CREATE TEMP TABLE staged (LIKE {kind});

COPY staged FROM '{source}' IAM_ROLE '{role}' FORMAT AS PARQUET;

-- Ends the transaction, by a cast that fails, unless the rows are those of the manifest and of its window.
SELECT CASE
    WHEN COUNT(*) = :row_count::BIGINT
        AND COUNT(CASE WHEN window_start = :window_start::TIMESTAMP THEN 1 END) = COUNT(*) THEN 0
    ELSE ('the report has ' || COUNT(*)::VARCHAR || ' rows, or rows of another window')::INTEGER
END AS checked
FROM staged;

-- One row if this load counts, none if data that are as new or newer have been loaded.
CREATE TEMP TABLE accepted (LIKE loads);

INSERT INTO accepted
SELECT
    :kind::VARCHAR,
    :window_id::VARCHAR,
    :window_start::TIMESTAMP,
    :data_version::BIGINT,
    :run_id::VARCHAR,
    :manifest_key::VARCHAR,
    :row_count::BIGINT,
    :complete = 'true',
    GETDATE()
WHERE NOT EXISTS (
    SELECT 1
    FROM loads
    WHERE kind = :kind AND window_id = :window_id AND data_version >= :data_version::BIGINT
);

DELETE FROM {kind} USING accepted WHERE {kind}.window_start = accepted.window_start;

INSERT INTO {kind} SELECT staged.* FROM staged CROSS JOIN accepted;

DELETE FROM loads USING accepted WHERE loads.kind = accepted.kind AND loads.window_id = accepted.window_id;

INSERT INTO loads SELECT * FROM accepted;
