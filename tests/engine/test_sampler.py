"""The sampler walks the forward process of its docstring backwards."""

from __future__ import annotations

import numpy as np
import pytest

from plic_web.engine.sampler import KAPPA, sample, timesteps

SHAPE = (1, 3, 8, 8)


@pytest.fixture
def pictures() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return tuple(rng.normal(0, 0.5, SHAPE).astype(np.float32) for _ in range(3))


@pytest.mark.parametrize("steps", [1, 2, 4, 16])
def test_visits_points_of_the_forward_process(pictures, steps):
    x, coarse, noise = pictures
    seen = []

    def knows_x(x_t, t):
        seen.append((x_t, t))
        return x

    assert np.array_equal(sample(knows_x, coarse, noise, steps), x)
    assert [t for _, t in seen] == timesteps(steps)
    for x_t, t in seen:
        forward = x + t * (coarse - x) + KAPPA * np.sqrt(t) * noise
        np.testing.assert_allclose(x_t, forward, atol=1e-5)


def test_the_first_step_needs_only_what_was_sent(pictures):
    x, coarse, noise = pictures
    starts = []
    sample(lambda x_t, t: starts.append(x_t) or x, coarse, noise, 1)
    np.testing.assert_allclose(starts[0], coarse + KAPPA * noise, atol=1e-6)


def test_times_fall_from_one_to_the_last_step():
    assert timesteps(4) == [1.0, 0.75, 0.5, 0.25]


@pytest.mark.parametrize("steps", [0, 17, -1])
def test_refuses_steps_out_of_range(steps):
    with pytest.raises(ValueError, match=f"expected 1 to 16, got {steps}"):
        timesteps(steps)
