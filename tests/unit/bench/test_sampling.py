"""Samples are taken in turns, and single slow samples do not move the result."""

from bench.sampling import Pair, alternate


def test_samples_are_taken_in_turns_after_one_round_that_does_not_count():
    taken: list[str] = []

    def sampler(name: str):
        def sample() -> float:
            taken.append(name)
            return float(len(taken))

        return sample

    pair = alternate(sampler("A"), sampler("B"), 3)
    assert taken == ["A", "B"] * 4
    assert pair == Pair((3.0, 5.0, 7.0), (4.0, 6.0, 8.0))


def test_one_sample_from_a_busy_moment_does_not_move_the_medians():
    assert Pair((1.0, 2.0, 90.0), (4.0, 5.0, 6.0, 700.0)).medians == (2.0, 5.5)
