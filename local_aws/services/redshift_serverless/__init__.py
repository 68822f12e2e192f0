"""Amazon Redshift Serverless: namespaces and workgroups, for templates and for the Data API.

MiniStack does not have this service. Only what CloudFormation and the Data API need is served.
https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/Welcome.html
"""
