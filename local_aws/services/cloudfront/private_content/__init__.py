"""Private content: signed URLs and signed cookies, for cache behaviors with trusted key groups.

`verification` checks one request. `parameters` reads its signature, `policy` and `resource` evaluate the policy, and
`public_keys` verifies with the key. `key_groups` and `templates` validate keys, groups and distributions that use them.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PrivateContent.html
"""
