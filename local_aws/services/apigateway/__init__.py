"""API Gateway: completes MiniStack's.

`data_plane` replaces MiniStack's data plane; `request_pipeline` answers one request to a stage, and `integration_calls`
calls its integration. `import_rest_api` imports OpenAPI documents, which `openapi` reads and stores. `deployments`
makes the snapshots that stages serve.
"""
