"""What every function that answers HTTP shares: routes, requests, responses, problems."""
