# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest

from hw_bnn import flow
from hw_bnn.config import BuildConfig, CnvConfig, DataConfig, ExperimentConfig
from hw_bnn.config_model import ResNetConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.export.source import export_qonnx
from hw_bnn.nn.models import build_model

INSTEAD = "train kind mlp, or kind cnv with ends binary$"


@pytest.mark.parametrize(
    ("config", "layer"),
    [
        (CnvConfig(channels=[[4, 4]], hidden=[], ends="real"), "1.conv has real weights"),
        (ResNetConfig(stages=[4], blocks=1), "1 has real weights"),
    ],
)
def test_real_layers_are_refused_by_name(config, layer, tmp_path):
    with pytest.raises(HwBnnError, match=f"^export: layer {layer}: .*{INSTEAD}"):
        export_qonnx(build_model(config, (3, 8, 8), 3), (3, 8, 8), tmp_path / "model.onnx")


def test_a_run_is_refused_before_it_trains(tmp_path):
    config = ExperimentConfig(
        data=DataConfig(name="digits"),
        model=ResNetConfig(stages=[4], blocks=1),
        build=BuildConfig(fpga_part="xc7z020clg400-1"),
    )
    with pytest.raises(HwBnnError, match=INSTEAD):
        flow.run_experiment(config, tmp_path / "run")
    assert not (tmp_path / "run" / "train").exists()
