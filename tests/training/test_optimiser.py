# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
import torch
from torch import nn

from hw_bnn.config import CnvConfig, TrainConfig
from hw_bnn.nn.models import build_model
from hw_bnn.training.optimiser import WeightAverage, build_optimiser


def one_parameter(value: float, **recipe) -> tuple[nn.Parameter, torch.optim.Optimizer]:
    model = nn.ParameterList([nn.Parameter(torch.tensor([value]))])
    return model[0], build_optimiser(model, TrainConfig(learning_rate=0.1, **recipe))


def steps(parameter, optimiser, gradients) -> float:
    for gradient in gradients:
        parameter.grad = torch.tensor([gradient])
        optimiser.step()
    return parameter.item()


def test_sgd_by_hand():
    keys = {"optimiser": "sgd", "momentum": 0.5, "weight_decay": 0.2}
    found = steps(*one_parameter(2.0, **keys), [1.0, 3.0])
    first = 1.0 + 0.2 * 2.0
    w = 2.0 - 0.1 * first
    second = 0.5 * first + 3.0 + 0.2 * w
    assert found == pytest.approx(w - 0.1 * second)


def test_decay_of_adamw_stands_apart_from_the_gradient():
    # Adam's first step is the learning rate, whatever the gradient's size.
    plain = steps(*one_parameter(2.0, optimiser="adam", weight_decay=0.5), [3.0])
    apart = steps(*one_parameter(2.0, optimiser="adamw", weight_decay=0.5), [3.0])
    assert plain == pytest.approx(2.0 - 0.1)
    assert apart == pytest.approx(2.0 * (1 - 0.1 * 0.5) - 0.1)


def test_only_weights_decay_if_it_is_said():
    config = CnvConfig.model_validate(
        {
            "channels": [[4]],
            "hidden": [6],
            "threshold": {"policy": "learned"},
            "weights": {"method": "wsd"},
        }
    )
    model = build_model(config, (3, 8, 8), 10)
    recipe = TrainConfig(weight_decay=0.1)
    (everything,) = build_optimiser(model, recipe).param_groups
    assert len(everything["params"]) == len(list(model.parameters()))
    groups = build_optimiser(model, recipe.model_copy(update={"decay": "weights"})).param_groups
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert [list(p.shape) for p in groups[0]["params"]] == [[4, 3, 3, 3], [6, 144], [10, 6]]
    assert len(groups[1]["params"]) == len(everything["params"]) - 3


def test_average_by_hand_and_in_place():
    model = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, -1.0]]))
        average = WeightAverage(model, 0.75)
        model.weight.copy_(torch.tensor([[5.0, 3.0]]))
    average.update()
    assert model.weight.tolist() == [[5.0, 3.0]]
    with average.in_place():
        assert model.weight.tolist() == [[0.75 + 0.25 * 5.0, -0.75 + 0.25 * 3.0]]
    assert model.weight.tolist() == [[5.0, 3.0]]
    assert average.values["weight"].tolist() == [[2.0, 0.0]]
