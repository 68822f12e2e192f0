"""Lambda: replaces MiniStack's execution environments, asynchronous invocations and event sources.

`workers` is the hook for invocations: `invoker` takes an environment from `pool`, whose `process` runs `bootstrap`.
`spawner` starts that process: as a fork of `fork_server` (`forking`), or as a new one.
`async_queue` retries asynchronous invocations. `event_sources` reads streams, `sqs_batches` handles queues.
"""
