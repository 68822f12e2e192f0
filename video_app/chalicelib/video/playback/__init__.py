"""Playback: short-lived links to content, for viewers who may watch it."""
