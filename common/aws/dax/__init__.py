"""DynamoDB through a DAX cluster: what goes to the cluster, and what happens when it does not answer.

`common.aws.dynamodb` is the one place that chooses between these clients and DynamoDB's own.
"""
