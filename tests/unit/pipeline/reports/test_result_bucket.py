"""Results in S3."""

import pytest
from chalicelib.pipeline.reports.model import Kind, Manifest, ManifestObject, QueryIds, Window
from chalicelib.pipeline.reports.result_bucket import ResultBucket

from tests.unit.aws import aws_client

CSV = b'"device_id","readings"\n"a","1"\n"b",\n"c","3"\n'
WINDOW = Window("2026-11-27T17")


@pytest.fixture
def bucket(pipeline_app):
    aws_client("s3").put_object(Bucket="reports", Key="results/q.csv", Body=CSV)
    return ResultBucket(lambda: aws_client("s3"), "reports")


def test_a_csv_file_is_counted_without_its_first_row(bucket):
    assert bucket.count_rows("results/q.csv") == (ManifestObject("results/q.csv", len(CSV)), 3)


def test_rows_come_by_page_with_the_columns_names(bucket):
    written, _ = bucket.count_rows("results/q.csv")
    first = bucket.rows(written, 0, 2)
    assert (first.columns, first.rows) == (["device_id", "readings"], [["a", "1"], ["b", None]])
    second = bucket.rows(written, first.next_position, 2)
    assert (second.columns, second.rows, second.next_position) == (["device_id", "readings"], [["c", "3"]], None)


def test_a_file_without_rows_has_one_empty_page(bucket):
    aws_client("s3").put_object(Bucket="reports", Key="results/e.csv", Body=b'"device_id"\n')
    assert bucket.rows(ManifestObject("results/e.csv", 12), 0, 5) == (["device_id"], [], None)


def test_a_manifest_is_read_as_it_was_written(bucket):
    manifest = Manifest(
        kind=Kind.DEVICE_HOUR,
        window=WINDOW.start,
        run_id="v1-abc-1",
        data_version=1,
        sql_version="abc",
        complete=True,
        rows=3,
        bytes_scanned=7,
        input_objects=1,
        query_execution_ids=QueryIds("q1", "q2"),
        parquet=[ManifestObject("reports/x", 5)],
        csv=ManifestObject("results/q.csv", len(CSV)),
        finished_at="2026-11-27T18:03:00.000Z",
        sql="SELECT 1",
    )
    bucket.put_manifest(manifest)
    assert bucket.manifest(Kind.DEVICE_HOUR, WINDOW, "v1-abc-1") == manifest
    assert [each.key for each in bucket.objects("manifests/")] == ["manifests/device_hour/2026-11-27T17/v1-abc-1.json"]
