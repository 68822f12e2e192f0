"""The settings of the functions, which are environment variables."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Outputs of resources.yaml, variables of stages.yaml, and variables that the Lambda runtime sets."""

    videos_table_name: str
    entitlements_table_name: str
    plays_table_name: str
    plays_stream_arn: str
    play_records_table_name: str
    stream_dead_letters_url: str
    content_bucket_name: str
    media_bucket_name: str
    signing_key_secret_arn: str
    edge_secret_arn: str
    cursor_secret_arn: str
    orders_table_name: str
    payment_records_table_name: str
    payment_events_queue_url: str
    payment_dead_letters_url: str
    payment_secret_arn: str
    payment_api_url: str
    user_pool_id: str
    user_pool_arn: str
    user_pool_client_id: str
    public_url: str
    aws_region: str
    aws_endpoint_url: str = ""
    link_seconds: int = 300
    devices: int = 3
    links_an_hour: int = 240
    currency: str = "eur"
    month_amount: int = 990
    year_amount: int = 9900
    # A subscription that renews is valid so much longer than its paid period.
    grace_days: int = 3
