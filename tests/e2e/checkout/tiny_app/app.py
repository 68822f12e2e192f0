"""The smallest app with everything the deploy tool handles: an API, functions of a queue and a stream, roles, users."""

import os

import boto3
from chalice import Chalice

app = Chalice(app_name="tiny")
GREETING = "hello"
NO_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/none"


@app.route("/greeting", methods=["GET"])
def greeting():
    return {"greeting": GREETING, "table": os.environ["TABLE_NAME"]}


@app.route("/notes/{note_id}", methods=["PUT"], cors=True)
def put_note(note_id):
    table = boto3.client("dynamodb")
    table.put_item(TableName=os.environ["TABLE_NAME"], Item={"id": {"S": note_id}})
    return {"id": note_id}


@app.on_sqs_message(queue=f"tiny-{os.environ.get('STAGE_NAME', 'local')}-notes", batch_size=5)
def store_notes(event):
    table = boto3.client("dynamodb")
    for record in event:
        table.put_item(TableName=os.environ["TABLE_NAME"], Item={"id": {"S": record.body}})


@app.on_dynamodb_record(stream_arn=os.environ.get("STREAM_ARN", NO_STREAM), batch_size=10)
def announce_notes(event):
    queue = boto3.client("sqs")
    for record in event:
        note = record.new_image["id"]["S"]
        if note.startswith("unspeakable"):
            return {"batchItemFailures": [{"itemIdentifier": record.sequence_number}]}
        queue.send_message(QueueUrl=os.environ["ANNOUNCED_URL"], MessageBody=note)
    return {"batchItemFailures": []}
