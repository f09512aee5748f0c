# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest

from hw_bnn.dataflow.memories import ram, rom


@pytest.mark.parametrize(  # by yosys 0.70, of constant_memory with random contents
    ("depth", "width", "bram18"),
    [
        (18432, 32, 32), (18432, 3, 3), (36, 1024, 29), (600, 100, 6), (2000, 30, 4), (40, 205, 6),
        (5000, 7, 2), (1024, 8, 1), (512, 15, 0), (300, 20, 0), (16, 64, 0), (2304, 128, 18),
        (32768, 8, 15), (32768, 4, 8), (4096, 36, 8), (10240, 8, 5),
    ],
)  # fmt: skip
def test_block_rams_of_read_only_memories(depth, width, bram18):
    assert rom(depth, width).bram18 == bram18


@pytest.mark.parametrize(  # by yosys 0.70: look-up tables behind the block RAMs
    ("depth", "width", "tables"),
    [
        (1024, 36, 0), (4096, 36, 0), (32768, 4, 0), (3072, 12, 12), (6144, 8, 8), (10240, 8, 16),
        (5000, 7, 14), (14336, 8, 32), (18432, 32, 160), (32768, 8, 56),
    ],
)  # fmt: skip
def test_two_further_parts_of_the_depth_are_about_a_table_for_each_bit(depth, width, tables):
    assert rom(depth, width).choices / 2 == pytest.approx(tables, rel=0.26)


@pytest.mark.parametrize(  # by yosys 0.70, of the memories of stream_fifo and replay_buffer
    ("depth", "width", "lutram", "bram18"),
    [
        (2, 16, 12, 0), (2, 4, 0, 0), (2, 8, 0, 0), (20, 32, 24, 0), (33, 32, 44, 0),
        (65, 32, 0, 1), (300, 32, 0, 1), (1024, 32, 0, 2), (2000, 8, 0, 1), (8, 128, 88, 0),
        (100, 3, 8, 0), (500, 1, 32, 0), (64, 4, 8, 0), (72, 32, 0, 1), (512, 1, 32, 0),
        (128, 21, 56, 0), (128, 22, 0, 1), (192, 14, 60, 0), (256, 10, 64, 0), (256, 11, 0, 1),
        (1000, 1, 64, 0), (2048, 1, 0, 1), (4096, 8, 0, 2), (4096, 12, 0, 3), (64, 36, 48, 0),
        (89, 20, 48, 0),
    ],
)  # fmt: skip
def test_memories_that_are_written(depth, width, lutram, bram18):
    found = ram(depth, width)
    assert (found.lutram, found.bram18) == (lutram, bram18)


def test_contents_of_few_words_are_shared():
    assert rom(1, 100).tables == 0
    assert rom(4, 1000).tables <= 16
    assert rom(8, 40).tables < 40
    assert rom(32, 64).tables == pytest.approx(64, abs=12.1)
    assert rom(128, 60).tables == 120
