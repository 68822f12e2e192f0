"""The environment variables that Lambda sets and a function's configuration may change."""

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, "Unreserved environment variables".
DEFAULT_VARIABLES = {
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "TZ": ":UTC",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
}
