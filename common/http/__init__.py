"""HTTP APIs: routes, requests, responses, problems."""
