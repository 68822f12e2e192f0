"""What the API Gateway extensions share: API definitions, deployments, the data plane."""
