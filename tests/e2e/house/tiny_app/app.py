"""The smallest app with everything the deploy tool handles: an API, a queue's function, roles, users."""

import os

import boto3
from chalice import Chalice

app = Chalice(app_name="tiny")
GREETING = "hello"


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
