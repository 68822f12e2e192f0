"""API Gateway: what this MiniStack lacks of its API definitions, deployments and data plane."""
