"""What AWS has of an app in one stage: its stack, functions, event source mappings and REST API. Nothing is changed."""
