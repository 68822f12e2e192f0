-- One row for each device that has sent readings in a day.
--
-- A message that was delivered twice counts once, by its id. A gap is a pause of more than 120 seconds between two
-- readings of the day. A message is late if it arrived more than 300 seconds after the device's time. An anomaly is a
-- temperature more than three standard deviations away from the device's mean of the day.
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
        count(*) OVER (PARTITION BY device_id) AS delivered
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
    device_id,
    :window_start AS window_start,
    count(*) AS readings,
    max(delivered) - count(*) AS duplicates,
    count_if(date_diff('second', event_time, received_at) > 300) AS late,
    count_if(pause_seconds > 120) AS gaps,
    coalesce(max(pause_seconds), 0) AS longest_gap_seconds,
    count_if(abs(temperature - usual_temperature) > 3 * temperature_deviation) AS anomalies,
    min(event_time) AS first_event_time,
    max(event_time) AS last_event_time,
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
GROUP BY device_id
ORDER BY device_id
