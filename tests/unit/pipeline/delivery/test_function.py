"""The delivery stream's function, with S3 and DynamoDB."""

from tests.unit.aws import aws_client
from tests.unit.pipeline.delivery.batches import batch, kinds
from tests.unit.pipeline.stage import ENVIRONMENT, Stage
from tests.unit.pipeline.telemetry.records import message, record


def test_the_function_delivers_quarantines_and_counts(pipeline_app: Stage):
    records = batch(record(), record(b"{"), record(message(id="m-2", measurements=None)))
    for _ in range(2):
        answer = pipeline_app.client.lambda_.invoke("transform", {"records": records}).payload
        assert kinds(answer["records"]) == ["Ok", "Dropped", "Dropped"]
    items = pipeline_app.items(ENVIRONMENT["BATCHES_TABLE_NAME"])
    (item,) = (item for item in items if "received" in item)
    assert item["minute"] == {"S": "2026-11-27T17:00"}
    numbers = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    assert {name: numbers[name] for name in ("received", "delivered", "quarantined", "dropped", "failed")} == {
        **{"received": 3, "delivered": 1, "quarantined": 1, "dropped": 1, "failed": 0}
    }
    assert (item["reasons"], item["rules"]) == (
        {"M": {"invalid_json": {"N": "1"}}},
        {"M": {"heartbeat": {"N": "1"}}},
    )
    quarantine = pipeline_app.module.pipeline_app.transform._quarantine
    (name,) = quarantine.names("invalid_json/2026-11-27/")
    assert name == f"invalid_json/2026-11-27/{item['batch']['S']}.jsonl"
    (kept,) = quarantine.read(name)
    assert (kept.reason, kept.payload, kept.record) == ("invalid_json", b"{", record(b"{"))
    quarantine.remove(name)
    assert list(quarantine.names("")) == []
    assert aws_client("s3").list_objects_v2(Bucket="quarantine")["KeyCount"] == 0
