"""Kinesis Data Streams: `reader` is what other services read a stream with; `writes` is what they write one with."""
