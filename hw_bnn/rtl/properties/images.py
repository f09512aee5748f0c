# SPDX-License-Identifier: BSD-3-Clause
"""Proofs of windows, pools and the choice of a class, and of a generated layer."""

from hw_bnn.rtl.properties.proof import Proof

IMAGES = (
    Proof(
        "block_counter",
        "block and phase are the quotient and the rest of the number of steps modulo Extent; where "
        "a kernel ends",
        (
            "Extent=5,Step=2",
            "Extent=4,Step=2",
            "Extent=3,Step=1,Kernel=1",
            "Extent=8,Step=3,Kernel=2",
            "Extent=6,Step=3,Kernel=1",
        ),
        depth=2,
    ),
    Proof(
        "frame_counter",
        "inside and pad word as the number of steps says; start at 0",
        ("Folds=2", "Folds=1,PadLeft=0,PadRight=0"),
        depth=2,
        cover=24,
    ),
    Proof(
        "block_max",
        "largest value of every window, none lost, doubled or reordered; stands only for a "
        "waiting result; output holds",
        (
            "ImageW=5",
            "ImageH=3,Bits=2,Lanes=2,Folds=2",
            "ImageH=3,ImageW=2,KernelH=1,KernelW=1,StrideW=1",
        ),
        cover=16,
    ),
    Proof(
        "label_select",
        "first of the largest scores of every image, none lost, doubled or reordered; output holds",
        ("Bits=2,Classes=3", "Bits=1,Classes=4", "Bits=3,Classes=2", "Bits=2,Classes=1"),
    ),
    Proof(
        "stream_max_pool",
        "largest value of every overlapping window, none lost, doubled or reordered; never locks "
        "up, owes nothing; output holds",
        ("ImageH=1,ImageW=3,KernelH=1,KernelW=2,StrideH=1,StrideW=1,Capacity=3",),
        "bmc",
        12,
    ),
    Proof(
        "stream_max_pool",
        "the same with windows that do not overlap",
        ("ImageH=2,ImageW=2,Lanes=2",),
        "bmc",
        10,
    ),
    Proof(
        "stream_window",
        "every word of every window as defined, in order; never locks up, owes nothing; output "
        "holds; the ring no longer than needed (MinBits=1, as built 5)",
        (
            "ImageH=2,ImageW=2,KernelH=2,KernelW=1",
            "Folds=3,ImageH=1,ImageW=2,KernelH=1,KernelW=1",
        ),
        "bmc",
        12,
    ),
    Proof(
        "stream_window",
        "the same with a frame around the image, and two parts of a position or a stride",
        (
            "Folds=2,ImageH=1,ImageW=1,KernelH=1,KernelW=2,PadTop=1,PadLeft=1",
            "ImageH=2,ImageW=1,KernelH=1,KernelW=1,StrideH=2,PadBottom=1,PadRight=1",
        ),
        "bmc",
        14,
    ),
    Proof(
        "stream_window",
        "the same with a ring of two words, long enough for it to be full and go round, also in "
        "strides along a row",
        (
            "ImageH=1,ImageW=2,KernelH=1,KernelW=1",
            "ImageH=1,ImageW=3,KernelH=1,KernelW=1,StrideW=2",
        ),
        "bmc",
        12,
    ),
    Proof(
        "stream_window_whole",
        "every position of every window as defined, in order; never locks up, owes nothing; "
        "output holds",
        ("ImageH=3,ImageW=2", "KernelH=1,KernelW=2,ImageH=1,Folds=2"),
        "bmc",
        14,
    ),
    Proof(
        "stream_window_whole",
        "the same with a frame around the image and strides, and with a column for an image",
        (
            "ImageH=2,ImageW=2,PadTop=1,PadLeft=1,PadRight=1,StrideH=2,StrideW=2",
            "ImageH=3,ImageW=1,KernelW=1,PadBottom=1",
        ),
        "bmc",
        20,
    ),
    Proof(
        "stream_window_rows",
        "every position of every row of every window as defined, in order; never locks up, owes "
        "nothing; output holds",
        ("ImageH=2,ImageW=2",),
        "bmc",
        14,
    ),
    Proof(
        "stream_window_rows",
        "the same with a frame around the image and strides",
        ("ImageH=1,ImageW=1,PadTop=1,PadLeft=1,PadRight=1,StrideW=2",),
        "bmc",
        18,
    ),
    Proof(
        "constant_stream",
        "as generated for a layer of 3 inputs: queue of the results as defined, none lost, doubled "
        "or reordered; never locks up, owes nothing; output holds",
        ("Stages=0", "Stages=2"),
        "bmc",
        10,
    ),
)
