"""Amazon Data Firehose: completes MiniStack's.

Firehose collects records that it reads from a Kinesis stream. It lets a function transform them in
batches, collects the results by partition, and writes each partition to S3 as one object when the buffer is full or old
enough (https://docs.aws.amazon.com/firehose/latest/dev/create-transform.html and the pages below). MiniStack transforms
and writes each record by itself while the put waits, delivers the untransformed record when the function fails, and
drops failed records.

The way of a record: `source`, `runner` (one thread for each delivery stream), `transform`,
`partitions`, `delivery`.
"""
