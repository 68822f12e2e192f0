"""The settings of the functions, which are environment variables."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Outputs of resources.yaml, variables of stages.yaml, and variables that the Lambda runtime sets."""

    devices_table_name: str
    minutes_table_name: str
    alerts_table_name: str
    batches_table_name: str
    quarantine_bucket_name: str
    alerts_stream_arn: str
    alerts_topic_arn: str
    telemetry_stream_name: str
    windows_table_name: str
    reports_bucket_name: str
    catalog_name: str
    workgroup_name: str
    objects_queue_url: str
    loads_table_name: str
    manifests_queue_url: str
    load_events_queue_url: str
    warehouse_name: str
    warehouse_database: str
    warehouse_copy_role_arn: str
    query_events_queue_url: str
    stream_dead_letters_url: str
    # URLs, joined by spaces.
    health_queues: str
    cursor_secret_arn: str
    user_pool_id: str
    user_pool_arn: str
    user_pool_client_id: str
    public_url: str
    aws_region: str
    aws_endpoint_url: str = ""
    # A device counts as silent when no message has arrived for so long.
    silence_seconds: int = 120
    # A window's report is provisional until so long after its end, in which the last messages arrive.
    report_grace_seconds: int = 180
    # Between two provisional reports of an hour, and of a day.
    provisional_hour_seconds: int = 900
    provisional_day_seconds: int = 7200
    # Between two runs that late messages make necessary; at least this share of the window's age, in percent.
    late_report_seconds: int = 600
    late_report_age_percent: int = 12
    # Before the first retry of a load; each further one waits twice as long.
    load_retry_seconds: int = 30
