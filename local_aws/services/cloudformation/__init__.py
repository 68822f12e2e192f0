"""CloudFormation: what this MiniStack lacks of it."""
