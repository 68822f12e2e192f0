"""One module per extension; `local_aws.hooks` says what each must hold."""
