# SPDX-License-Identifier: BSD-3-Clause
"""What test_world.py starts with torchrun, in two processes."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import torch
from torch.nn.parallel import DistributedDataParallel

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


def one_epoch(config, world, out):
    run = Trainer(config, load("digits"), world, None)
    run.one_epoch(lambda *_: None)
    average = {f"average of {name}": value for name, value in run.average.values.items()}
    torch.save({**run.model.state_dict(), **average}, out.with_name(f"{out.name}-{world.rank}.pt"))


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
            one_epoch(load_config(folder / f"{name}.yaml"), world, folder / name)
        gc.collect()  # as at the end of join, which would wait for ever for one that is left
        assert not [it for it in gc.get_objects() if type(it) is DistributedDataParallel]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
