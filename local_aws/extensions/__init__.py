"""One module per extension; `local_aws.extension` says what each must hold."""
