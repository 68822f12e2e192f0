"""The settings of the functions, which are environment variables."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Outputs of resources.yaml, variables of stages.yaml, and variables that the Lambda runtime sets."""

    primary_region: str
    peer_region: str
    table_name: str
    table_stream_arn: str
    subscriber_table_name: str
    subscriber_stream_arn: str
    stream_dead_letters_url: str
    site_bucket_name: str
    uploads_bucket_name: str
    media_bucket_name: str
    thumbnails_queue_name: str
    distribution_id: str
    user_pool_id: str
    user_pool_arn: str
    user_pool_client_id: str
    cursor_secret_arn: str
    mail_from: str
    mail_queue_url: str
    mail_settings_name: str
    mail_events_topic_arn: str
    site_title: str
    site_description: str
    site_language: str
    site_author: str
    public_url: str
    aws_region: str
    aws_endpoint_url: str = ""
    subscriptions_an_hour: int = 10
    mails_a_second: float = 10
