"""What is found over a name that neither the question nor the answer's words share with the other."""

from over_names import found_over_names

from neuro.entities import EntityParams


async def test_most_is_found_over_names_and_hardly_any_of_it_without():
    assert await found_over_names(EntityParams().lending, seed=1, things=8, others=150) >= 0.8
    assert await found_over_names(0.0, seed=1, things=8, others=150) <= 0.3
