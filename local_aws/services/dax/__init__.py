"""DynamoDB Accelerator (DAX): clusters in front of the embedded DynamoDB.

A cluster listens on a port of this machine and speaks DAX's protocol, so AWS's DAX clients connect to it. The protocol
is not documented; it is what the open clients send and read. Requests and answers are CBOR (RFC 8949) on one
connection, one call after another: `connection` reads them, `guard` authorizes them, and `calls` names the function
that answers each.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.html
"""
