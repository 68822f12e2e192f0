"""The settings of the functions, which are environment variables."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Outputs of resources.yaml, variables of stages.yaml, and variables that the Lambda runtime sets."""

    devices_table_name: str
    minutes_table_name: str
    alerts_table_name: str
    batches_table_name: str
    alerts_stream_arn: str
    alerts_topic_arn: str
    telemetry_stream_name: str
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
