-- One row for the whole fleet in a day; no row if no device has sent readings.
--
-- Duplicates, gaps, late messages and anomalies are those of each device, as device_day.sql counts them.
WITH copies AS (
    SELECT
        device_id,
        message_id,
        event_time,
        received_at,
        temperature,
        humidity,
        pressure,
        battery,
        row_number() OVER (PARTITION BY device_id, message_id ORDER BY received_at, source_id) AS copy,
        count(*) OVER () AS delivered
    FROM telemetry
    WHERE event_date = :event_date
),

readings AS (
    SELECT
        device_id,
        event_time,
        received_at,
        temperature,
        humidity,
        pressure,
        battery,
        delivered,
        date_diff('second', lag(event_time) OVER (PARTITION BY device_id ORDER BY event_time, message_id), event_time)
            AS pause_seconds,
        avg(temperature) OVER (PARTITION BY device_id) AS usual_temperature,
        stddev(temperature) OVER (PARTITION BY device_id) AS temperature_deviation
    FROM copies
    WHERE copy = 1
)

SELECT
    :window_start AS window_start,
    count(DISTINCT device_id) AS devices,
    count(DISTINCT if(pause_seconds > 120, device_id)) AS devices_with_gaps,
    count(*) AS readings,
    max(delivered) - count(*) AS duplicates,
    count_if(date_diff('second', event_time, received_at) > 300) AS late,
    count_if(pause_seconds > 120) AS gaps,
    coalesce(max(pause_seconds), 0) AS longest_gap_seconds,
    count_if(abs(temperature - usual_temperature) > 3 * temperature_deviation) AS anomalies,
    avg(temperature) AS temperature_mean,
    approx_percentile(temperature, 0.5) AS temperature_p50,
    approx_percentile(temperature, 0.95) AS temperature_p95,
    approx_percentile(temperature, 0.99) AS temperature_p99,
    avg(humidity) AS humidity_mean,
    approx_percentile(humidity, 0.5) AS humidity_p50,
    approx_percentile(humidity, 0.95) AS humidity_p95,
    approx_percentile(humidity, 0.99) AS humidity_p99,
    avg(pressure) AS pressure_mean,
    approx_percentile(pressure, 0.5) AS pressure_p50,
    approx_percentile(pressure, 0.95) AS pressure_p95,
    approx_percentile(pressure, 0.99) AS pressure_p99,
    min(battery) AS battery_min
FROM readings
HAVING count(*) > 0
