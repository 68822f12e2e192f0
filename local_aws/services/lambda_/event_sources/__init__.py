"""Streams as event sources of functions: one loop for every stream (`consumer`), one module per kind of stream."""
