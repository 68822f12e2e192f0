"""The six steps of a deployment, one module for each thing that a step changes or asks."""
