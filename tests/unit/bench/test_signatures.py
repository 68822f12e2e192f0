"""The figure of openssl that signatures are compared with is the one of signing."""

import pytest

from bench.signatures import SIGNATURE, URL, signatures_a_second


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        (" 256 bits ecdsa (nistp256)   0.0000s   0.0001s  51921.0  17008.0", 51921.0),
        ("rsa 2048 bits 0.000241s 0.000016s   4149.0  61785.0\n", 4149.0),
        # OpenSSL 3.5 has four rates for RSA: signatures, verifications, encryptions, decryptions.
        ("rsa  2048 bits 0.000241s 0.000016s 0.000017s 0.000243s   4149.0  61785.0  58000.0   4100.0", 4149.0),
    ],
)
def test_signatures_a_second_are_read_and_not_verifications(line: str, rate: float):
    assert signatures_a_second(line) == rate


def test_another_line_is_no_figure():
    with pytest.raises(RuntimeError, match="no line of"):
        signatures_a_second("speed: Unknown algorithm")


def test_the_targets_are_parts_of_openssls_speed():
    assert 1 / SIGNATURE.at_most == pytest.approx(0.8)
    assert 1 / URL.at_most == pytest.approx(0.6, abs=0.003)
