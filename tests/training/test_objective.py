# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from hw_bnn.config import TrainConfig
from hw_bnn.training.objective import Objective, distillation_loss, loss

EXPONENTIALS = [math.exp(2.0), math.exp(0.5), math.exp(-3.0)]
LOGITS, LABELS = torch.tensor([[2.0, 0.5, -3.0]]), torch.tensor([1])


def softmax(values):
    exponentials = [math.exp(v) for v in values]
    return [e / sum(exponentials) for e in exponentials]


def test_losses_by_hand():
    hinge = loss(LOGITS, LABELS, TrainConfig(loss="squared_hinge"))
    assert hinge.item() == pytest.approx((3.0**2 + 0.5**2 + 0.0) / 3)
    plain = -math.log(EXPONENTIALS[1] / sum(EXPONENTIALS))
    assert loss(LOGITS, LABELS, TrainConfig()).item() == pytest.approx(plain)
    smooth = loss(LOGITS, LABELS, TrainConfig(label_smoothing=0.3)).item()
    mean = sum(-math.log(e / sum(EXPONENTIALS)) for e in EXPONENTIALS) / 3
    assert smooth == pytest.approx(0.7 * plain + 0.3 * mean)


def by_hand(teacher, temperature):
    p = softmax([v / temperature for v in teacher])
    q = softmax([v / temperature for v in LOGITS[0].tolist()])
    return temperature**2 * sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_distillation_by_hand(temperature):
    teacher = [1.0, -1.0, 0.5]
    logits = LOGITS.expand(3, 3)
    found = distillation_loss(logits, torch.tensor([teacher] * 3), temperature)
    assert found.item() == pytest.approx(by_hand(teacher, temperature))
    assert distillation_loss(logits, logits, temperature).item() == pytest.approx(0.0, abs=1e-6)


def test_objective_weighs_teacher_and_labels(tmp_path):
    keys = {"teacher": tmp_path, "temperature": 2.0, "weight": 0.75}
    config = TrainConfig(distillation=keys)
    found = Objective(config, [], nn.Flatten())(nn.Flatten(), LOGITS[:, :, None], LABELS)
    assert found.item() == pytest.approx(0.25 * loss(LOGITS, LABELS, TrainConfig()).item())
    teacher = Objective(config, [], nn.Tanh())(nn.Identity(), LOGITS, LABELS)
    match = by_hand([math.tanh(v) for v in LOGITS[0].tolist()], 2.0)
    assert teacher.item() == pytest.approx(found.item() + 0.75 * match)


def test_bfloat16_is_in_the_layers_alone():
    layer = nn.Linear(3, 3)
    seen = []
    layer.register_forward_hook(lambda _m, _x, y: seen.append(y.dtype))
    value = Objective(TrainConfig(precision="bfloat16"), [], None)(layer, LOGITS, LABELS)
    Objective(TrainConfig(), [], None)(layer, LOGITS, LABELS)
    assert (seen, value.dtype) == ([torch.bfloat16, torch.float32], torch.float32)
