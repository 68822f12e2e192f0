"""A device's id: the name of its thing, its MQTT client id, a level of its topic, and its key in the tables."""

from typing import Annotated

from msgspec import Meta

# AWS IoT also takes colons in a thing's name. A topic's level has no wildcards and no slashes.
# https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html
DEVICE_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?!\n)$"
DeviceId = Annotated[str, Meta(pattern=DEVICE_ID, examples=["sensor-07"], description="The device's id.")]
