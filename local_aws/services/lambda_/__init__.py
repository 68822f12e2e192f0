"""Execution environments for functions: an interpreter of their own, one process each, frozen between invocations."""
