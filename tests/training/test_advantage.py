"""PPO's arithmetic, by hand."""

import math

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from daw_bridge.training.advantage import advantages, clipped, moved  # noqa: E402

pytestmark = pytest.mark.torch


def test_advantages_are_those_reckoned_by_hand():
    rewards = torch.tensor([[1.0], [0.0], [2.0]])
    values = torch.tensor([[0.5], [1.0], [0.0]])
    out = advantages(rewards, values, torch.tensor([4.0]), discount=0.5, smoothing=0.5)
    # surprises: 1 + 0.5 * 1 - 0.5 = 1; 0 + 0.5 * 0 - 1 = -1; 2 + 0.5 * 4 - 0 = 4
    assert out[:, 0].tolist() == [1 + 0.25 * (-1 + 0.25 * 4), -1 + 0.25 * 4, 4]


def test_nothing_is_gained_by_a_choice_that_has_changed_enough():
    change = torch.log(torch.tensor([1.5, 0.5, 1.5, 0.5, 1.1])).requires_grad_()
    advantage = torch.tensor([1.0, 1.0, -1.0, -1.0, 2.0])
    loss = clipped(change, advantage, 0.2)
    assert loss.tolist() == pytest.approx([-1.2, -0.5, 1.5, 0.8, -2.2])
    loss.sum().backward()
    assert change.grad is not None
    assert change.grad.tolist() == pytest.approx([0, -0.5, 1.5, 0, -2.2])


def test_a_policy_that_has_moved_has_done_so_by_more_than_nothing():
    assert moved(torch.zeros(3)) == 0
    assert moved(torch.tensor([math.log(2)])) == pytest.approx(1 - math.log(2))
