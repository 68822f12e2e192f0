"""A region that is down: which requests fail, and which events wait until it is back.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/regional-services.html
"""

import http.client
import time

import boto3
import pytest
from botocore.config import Config

from local_aws.testing import wait_until
from local_aws.tests.global_tables import HOME, OTHER, Away, call
from local_aws.tests.lambda_functions import create
from local_aws.tests.mail import unique
from local_aws.tests.stream_tables import InRegion
from local_aws.tests.test_s3_notifications import Bucket, connect
from local_aws.tests.test_s3_presigned_post import form, post
from local_aws.tests.test_sns_deliveries import events, subscribe

TELLS_WHEN = """
    import json, time
    def handler(event, context):
        print('EVENT', json.dumps(time.time()))
    """


class RegionalBucket:
    def __init__(self, aws, region=HOME):
        self.aws, self.region, self.name = aws, region, unique("regional-")
        place = {} if region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.client("s3v4").create_bucket(Bucket=self.name, **place)

    def client(self, version):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        config = Config(signature_version=version, s3={"addressing_style": "path"}, retries={"max_attempts": 1})
        return boto3.client("s3", region_name=self.region, endpoint_url=self.aws.endpoint_url, config=config, **keys)

    @property
    def keys(self):
        return {item["Key"] for item in self.client("s3v4").list_objects_v2(Bucket=self.name).get("Contents", ())}


def by_form(bucket, key, version):
    return post(form(bucket.client(version), bucket.name, key), b"x")[0]


def by_form_to_its_own_name(bucket, key, version):
    made = {**form(bucket.client(version), bucket.name, key), "url": bucket.aws.endpoint_url}
    return post(made, b"x", headers={"Host": f"{bucket.name}.s3.localhost"})[0]


def by_address(bucket, key, version):
    url = bucket.client(version).generate_presigned_url("put_object", {"Bucket": bucket.name, "Key": key})
    connection = http.client.HTTPConnection("127.0.0.1", bucket.aws.port)
    connection.request("PUT", url.removeprefix(bucket.aws.endpoint_url), b"x")
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@pytest.mark.parametrize("upload", [by_form, by_form_to_its_own_name, by_address])
def test_no_upload_reaches_a_bucket_whose_region_is_down(aws, upload, version):
    bucket, other = RegionalBucket(aws), RegionalBucket(aws, OTHER)
    with Away(aws, HOME):
        with pytest.raises(http.client.IncompleteRead):
            upload(bucket, "during", version)
        assert upload(other, "during", version) in (200, 204)
    assert upload(bucket, "after", version) in (200, 204)
    assert (bucket.keys, other.keys) == ({"after"}, {"during"})


def test_a_message_waits_until_its_functions_region_is_back(aws):
    function, there = create(aws, TELLS_WHEN), create(InRegion(aws, OTHER), TELLS_WHEN)
    sns = aws.client("sns", region=OTHER)
    topic = sns.create_topic(Name=unique("t"))["TopicArn"]
    for subscriber in (function, there):
        subscribe(subscriber.aws, topic, subscriber, region=OTHER)
    with Away(aws, HOME):
        sns.publish(TopicArn=topic, Message="hello")
        wait_until(lambda: events(there), "the function in the other region was invoked")
        back = time.time()
    (invoked,) = wait_until(lambda: events(function), "the function was invoked")
    assert invoked >= back


def test_an_event_of_s3_waits_until_the_region_is_back(aws):
    bucket, function, there = Bucket(aws), create(aws, TELLS_WHEN), create(InRegion(aws, OTHER), TELLS_WHEN)
    connect(bucket, function)
    throttled, throttled_there = (throttle(aws, function_of_region) for function_of_region in (function, there))
    bucket.put("a")
    wait_until(lambda: injected(aws, throttled), "the first attempt")
    with Away(aws, HOME):
        call(aws, "DELETE", f"faults/{throttled}")
        # Another event, later and just as long: its second attempt comes after that of the first event.
        there.invoke({}, InvocationType="Event", LogType="None")
        wait_until(lambda: injected(aws, throttled_there), "the first attempt in the other region")
        call(aws, "DELETE", f"faults/{throttled_there}")
        wait_until(lambda: events(there), "the function in the other region was invoked")
        back = time.time()
    (invoked,) = wait_until(lambda: events(function), "the function was invoked")
    assert invoked >= back


def throttle(aws, function):
    return call(aws, "POST", "faults", {"function": function.name, "action": "throttle"})["id"]


def injected(aws, rule_id):
    return next(rule["injected"] for rule in call(aws, "GET", "faults") if rule["id"] == rule_id)
