"""The keys of signed links: two slots, of which one signs, and the other's links stay valid.

The ring is one secret in Secrets Manager, as JSON. It holds one private key, the one that signs, and the public keys
that CloudFront trusts.
"""

from typing import Literal

import msgspec

Slot = Literal["A", "B"]


class SigningKey(msgspec.Struct, frozen=True):
    """The key that signs: its slot, CloudFront's id of its public key, and the private key in PEM."""

    slot: Slot
    key_id: str
    private_key: str


class KeyRing(msgspec.Struct, frozen=True):
    """The signing key, and the public keys in PEM by slot."""

    signing: SigningKey | None = None
    public_keys: dict[Slot, str] = {}

    @property
    def other_slot(self) -> Slot:
        """The slot that does not sign: its key is the older one, and the next new key goes there."""
        return "B" if self.signing is not None and self.signing.slot == "A" else "A"

    def without_other(self) -> "KeyRing":
        """Return the ring without the older key."""
        kept = {slot: key for slot, key in self.public_keys.items() if slot != self.other_slot}
        return KeyRing(self.signing, kept)

    def signing_with(self, key: SigningKey, public_key: str) -> "KeyRing":
        """Return the ring with a new key that signs from now on."""
        return KeyRing(key, {**self.public_keys, key.slot: public_key})
