"""The operations of requests without an action header, by method and path."""

import pytest

from local_aws.faults.operations import operation_names, rest_operation


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "operation"),
    [
        ("s3", "GET", "/bucket", {"list-type": "2", "prefix": "a/"}, "ListObjectsV2"),
        ("s3", "GET", "/bucket/", {}, "ListObjects"),
        ("s3", "POST", "/bucket", {"delete": ""}, "DeleteObjects"),
        ("s3", "PUT", "/bucket/a/b", {}, "PutObject"),
        ("s3", "PUT", "/bucket/a/b", {"partNumber": "1", "uploadId": "x"}, "UploadPart"),
        ("s3", "GET", "/bucket/a/b", {"x-id": "GetObject"}, "GetObject"),
        ("lambda", "POST", "/2015-03-31/functions/f/invocations", {}, "Invoke"),
        ("apigateway", "PUT", "/restapis/a1", {}, "PutRestApi"),
        ("cloudfront", "POST", "/2020-05-31/distribution/E1/invalidation", {}, "CreateInvalidation"),
        ("s3", "BREW", "/bucket", {}, None),
        ("dynamodb", "POST", "/", {}, None),
    ],
)
def test_the_operation_of_a_request_is_found(service, method, path, query, operation):
    assert rest_operation(service, method, path, query) == operation


def test_a_copy_is_recognised_by_its_header():
    assert rest_operation("s3", "PUT", "/bucket/a", {}, {"x-amz-copy-source"}) == "CopyObject"


def test_a_service_that_botocore_does_not_know_has_no_operations():
    assert not operation_names("no-such-service")
