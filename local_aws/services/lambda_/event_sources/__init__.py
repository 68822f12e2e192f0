"""Streams as event sources of functions: `consumer` serves every stream, and each kind of stream has a module."""
