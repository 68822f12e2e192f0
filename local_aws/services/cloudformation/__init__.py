"""CloudFormation: completes MiniStack's."""
