"""A quarter of a minute of `python -m benchmarks soak`: many people at once while the models are replaced."""

from benchmarks import soak


def test_many_people_get_their_own_answers_while_the_models_are_replaced(built):
    seen = soak.run(built / "models", built / "data", seconds=15, crowds=(1, 8), replaced=2, pause=0.5)
    assert not seen.faults
    assert seen.replaced == 2 and all(seen.moves.values()) and seen.scores
    before, after = soak.grown(seen.weighed)
    assert after < 1.5 * before  # ten minutes have to show that it stays
