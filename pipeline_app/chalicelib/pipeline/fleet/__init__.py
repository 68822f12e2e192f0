"""The fleet now: each device's latest state, minutes and alerts."""
