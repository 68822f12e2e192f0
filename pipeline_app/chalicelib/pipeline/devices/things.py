"""The things in AWS IoT: a device is a thing of one type, with a certificate that has one policy."""

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.pipeline.devices.model import Certificate


class IotThings:
    """`Things` in AWS IoT; `thing_type` and `policy` are those of the stage's template."""

    def __init__(self, client: Callable[[], Any], thing_type: str, policy: str) -> None:
        self._client = client
        self._thing_type = thing_type
        self._policy = policy

    @property
    def _iot(self) -> Any:
        return self._client()

    def names(self) -> Iterator[str]:
        """The names of the devices."""
        pages = self._iot.get_paginator("list_things").paginate(thingTypeName=self._thing_type)
        for page in pages:
            yield from (thing["thingName"] for thing in page["things"])

    def certificates(self, name: str) -> dict[str, str]:
        """The statuses of a device's certificates by id; empty if there is no such device."""
        try:
            principals = self._iot.list_thing_principals(thingName=name)["principals"]
        except self._iot.exceptions.ResourceNotFoundException:
            return {}
        return {id_: self._status(id_) for id_ in (principal.rpartition("/")[2] for principal in principals)}

    def _status(self, certificate_id: str) -> str:
        described = self._iot.describe_certificate(certificateId=certificate_id)
        return str(described["certificateDescription"]["status"])

    def certify(self, name: str, request: str) -> Certificate:
        """Register a device, and a certificate for a signing request, which may publish on the device's topic.

        The certificate is active at last, so that an interrupted call leaves none that works.
        """
        iot = self._iot
        iot.create_thing(thingName=name, thingTypeName=self._thing_type)
        made = iot.create_certificate_from_csr(certificateSigningRequest=request, setAsActive=False)
        certificate = Certificate(made["certificateId"], made["certificateArn"], made["certificatePem"])
        iot.attach_thing_principal(thingName=name, principal=certificate.arn)
        iot.attach_policy(policyName=self._policy, target=certificate.arn)
        iot.update_certificate(certificateId=certificate.id, newStatus="ACTIVE")
        return certificate

    def remove_certificate(self, name: str, certificate_id: str) -> None:
        """Remove a certificate, which stops working at once."""
        iot = self._iot
        arn = iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]["certificateArn"]
        iot.update_certificate(certificateId=certificate_id, newStatus="INACTIVE")
        for policy in iot.list_attached_policies(target=arn)["policies"]:
            iot.detach_policy(policyName=policy["policyName"], target=arn)
        iot.detach_thing_principal(thingName=name, principal=arn)
        iot.delete_certificate(certificateId=certificate_id)

    def remove(self, name: str) -> bool:
        """Remove a device that has no certificate; returns whether there was one."""
        try:
            self._iot.describe_thing(thingName=name)
        except self._iot.exceptions.ResourceNotFoundException:
            return False
        self._iot.delete_thing(thingName=name)
        return True
