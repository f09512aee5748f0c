# SPDX-License-Identifier: BSD-3-Clause
"""The device of a process, and the processes that train one network together.

Under torchrun every process computes its part of each batch and all sum their gradients. What is
random is drawn by every process alike, from the recipe's seed.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from hw_bnn.errors import HwBnnError

DEVICES = ("auto", "cpu", "cuda")

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class World:
    """One process among `size`."""

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def part(self, count: int) -> slice:
        """Return which of `count` things are this process's; parts differ by one at most."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def sum(self, value: Tensor) -> Tensor:
        """Return the sum over all processes."""
        if self.size == 1:
            return value
        total = value.to(self.device)
        dist.all_reduce(total)
        return total

    def from_first(self, value: _Value) -> _Value:
        """Return what the first process has."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, device=self.device)
        return box[0]

    def wrap(self, model: nn.Module) -> nn.Module:
        """Return the model as one that sums its gradients over all processes in backward."""
        if self.size == 1:
            return model
        ids = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=ids, forward_sync_buffers=False)

    @torch.no_grad()
    def align(self, model: nn.Module) -> None:
        """Give all processes the parameters of the first."""
        if self.size > 1:
            for parameter in model.parameters():
                dist.broadcast(parameter, 0)

    @torch.no_grad()
    def average_statistics(self, model: nn.Module) -> None:
        """Give all processes the mean of their running statistics.

        Each process normalises by the statistics of its own part of a batch, and this is all the
        exchange they need: once per epoch, and no image is left out of what is evaluated with.
        """
        for name, buffer in model.named_buffers() if self.size > 1 else ():
            if name.rpartition(".")[2].startswith("running_"):
                dist.all_reduce(buffer)
                buffer.div_(self.size)

    def in_turn(self) -> AbstractContextManager[None]:
        """Let the first process of a machine go before the others, to fill a cache for them."""
        return _first_of_machine_first() if self.size > 1 else nullcontext()


@contextmanager
def _first_of_machine_first() -> Iterator[None]:
    first = dist.get_node_local_rank(0) == 0
    if not first:
        dist.barrier()
    yield
    if first:
        dist.barrier()


def without_exchange(network: nn.Module) -> AbstractContextManager[None]:
    """Add to the gradients of this process alone."""
    if isinstance(network, DistributedDataParallel):
        return network.no_sync()
    return nullcontext()


@contextmanager
def join(device: str) -> Iterator[World]:
    """Be one of torchrun's processes, or the only one.

    Let go of every network that `wrap` returned before the end. One that outlives the exchange
    would end it in its destructor: that waits for gloo's thread, which may wait for the
    interpreter, which the destructor holds (torch 2.13).

    Args:
        device: "cpu", "cuda", or "auto": a GPU if there is one. On a machine with several GPUs
            each process takes its own.

    Raises:
        HwBnnError: another name, or there is no GPU.
    """
    started = dist.is_torchelastic_launched() and not dist.is_initialized()
    chosen = choose_device(device, dist.get_node_local_rank(0))
    if started:
        dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        together = dist.is_initialized()
        yield World(chosen, dist.get_rank(), dist.get_world_size()) if together else World(chosen)
    finally:
        if started:
            gc.collect()
            dist.destroy_process_group()


def choose_device(name: str, local_rank: int = 0) -> torch.device:
    """Return the device of a process; see join."""
    if name not in DEVICES:
        raise HwBnnError(f"device is {name!r}: must be one of {', '.join(DEVICES)}")
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise HwBnnError("device is 'cuda': torch finds no GPU; must be cpu or auto here")
    if name == "cpu" or not found:
        return torch.device("cpu")
    device = torch.device("cuda", local_rank % torch.cuda.device_count())
    torch.cuda.set_device(device)
    return device


def cores() -> int:
    """Return the CPU cores for each of torchrun's processes on this machine, at least one."""
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # torchrun's
    return max(1, len(os.sched_getaffinity(0)) // processes)


def resident(images: Tensor, device: torch.device) -> Tensor:
    """Return the images on the device if they take at most half of its free memory."""
    if device.type == "cuda" and images.nbytes > torch.cuda.mem_get_info(device)[0] // 2:
        return images
    return images.to(device)
