# SPDX-License-Identifier: BSD-3-Clause
"""What test_world.py starts with torchrun, in two processes."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from hw_bnn import cli
from hw_bnn.config import load_config
from hw_bnn.data import load
from hw_bnn.training import train
from hw_bnn.training.trainer import Trainer
from hw_bnn.training.world import join


class StoppedError(Exception):
    pass


def stop_after_one_epoch(config, out):
    one_epoch = Trainer.one_epoch

    def stopping(self, report):
        if self.epoch == 1:
            raise StoppedError
        one_epoch(self, report)

    Trainer.one_epoch = stopping
    try:
        train(config, out)
    except StoppedError:
        return
    finally:
        Trainer.one_epoch = one_epoch
    raise RuntimeError("was not stopped")


def command_line(*arguments):
    try:
        cli.main([str(argument) for argument in arguments])
    except SystemExit as end:
        if end.code:
            raise


def main(folder: Path) -> None:
    with join("cpu") as world:
        config = folder / "experiment.yaml"
        command_line("train", config, "--out", folder / "whole", "--json")
        stop_after_one_epoch(load_config(config), folder / "parts")
        train(load_config(config), folder / "parts")
        for name in ("experiment", "learned"):
            run = Trainer(load_config(folder / f"{name}.yaml"), load("digits"), world, None)
            run.one_epoch(lambda *_: None)
            torch.save(run.model.state_dict(), folder / f"{name}-{world.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
