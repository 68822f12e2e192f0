"""Devices that keep a copy of the list: what has changed since they last asked, and what they changed while offline."""
