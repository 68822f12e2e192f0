"""The keys of signed links: two slots, of which one signs, and the other's links stay valid.

The ring is one secret in Secrets Manager, as JSON. It holds one private key, the one that signs, and the public keys
that CloudFront trusts.
"""

from typing import Literal

import msgspec

Slot = Literal["A", "B"]

# Instances read the ring again after this time. So long after a rotation some sign with the key before it.
REFRESH_SECONDS = 300
# So long after a rotation the key before it may be needed: for REFRESH_SECONDS, and then while its last links live.
OLDER_KEY_SECONDS = 3600


class SigningKey(msgspec.Struct, frozen=True):
    """The key that signs: its slot, CloudFront's id of its public key, the private key in PEM, and since when it signs.

    `since` is in seconds since 1970.
    """

    slot: Slot
    key_id: str
    private_key: str
    since: int = 0


class KeyRing(msgspec.Struct, frozen=True):
    """The signing key, and the public keys in PEM by slot."""

    signing: SigningKey | None = None
    public_keys: dict[Slot, str] = {}

    @property
    def other_slot(self) -> Slot:
        """The slot that does not sign: its key is the older one, and the next new key goes there."""
        return "B" if self.signing is not None and self.signing.slot == "A" else "A"

    @property
    def has_older_key(self) -> bool:
        """Whether CloudFront may still trust the key in the slot that does not sign."""
        return self.other_slot in self.public_keys

    def needs_older_key(self, now: int) -> bool:
        """Whether viewers may have links of the older key."""
        return self.has_older_key and self.signing is not None and now < self.signing.since + OLDER_KEY_SECONDS

    @property
    def all_sign_with_it_from(self) -> int:
        """When the last instance begins to sign with the signing key, in seconds since 1970."""
        return self.signing.since + REFRESH_SECONDS if self.signing is not None else 0

    def trusting(self, slot: Slot, public_key: str) -> "KeyRing":
        """Return the ring with a public key that CloudFront is about to trust."""
        return KeyRing(self.signing, {**self.public_keys, slot: public_key})

    def without_other(self) -> "KeyRing":
        """Return the ring without the older key."""
        kept = {slot: key for slot, key in self.public_keys.items() if slot != self.other_slot}
        return KeyRing(self.signing, kept)

    def signing_with(self, key: SigningKey) -> "KeyRing":
        """Return the ring with another key that signs from now on; its public key is in the ring already."""
        return KeyRing(key, self.public_keys)
