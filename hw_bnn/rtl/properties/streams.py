# SPDX-License-Identifier: BSD-3-Clause
"""Proofs of counters, queues, forks and converters of streams."""

from hw_bnn.rtl.properties.proof import Proof

STREAMS = (
    Proof(
        "fold_counter",
        "value is the number of steps modulo Count; last marks Count-1",
        ("Count=1", "Count=2", "Count=3", "Count=5", "Count=8"),
    ),
    Proof(
        "output_register",
        "queue of one word or two: nothing lost, doubled, reordered or changed; ready and valid "
        "as the fill level says; output holds",
        ("EveryCycle=0", "EveryCycle=1"),
    ),
    Proof(
        "stream_fifo",
        "queue of exactly Depth words: nothing lost, doubled, reordered or changed; ready unless "
        "full, valid unless empty; output holds",
        (
            "Width=2,Depth=2",
            "Width=1,Depth=3",
            "Width=1,Depth=4",
            "Width=2,Depth=3,TableDepth=2",
            "Width=1,Depth=4,TableDepth=2",
            "Width=1,Depth=5",
            "Width=1,Depth=6,TableDepth=4",
        ),
    ),
    Proof(
        "stream_fifo_gauge",
        "a stream_fifo whose gauge is the largest fill level since reset",
        ("Width=1,Depth=2", "Width=1,Depth=3"),
    ),
    Proof(
        "stream_fork",
        "a queue of one word for each consumer: nothing lost, doubled, reordered or changed; takes "
        "a word as soon as all have taken the last; outputs hold",
        ("Copies=1", "Copies=2", "Copies=3,Width=1"),
    ),
    Proof(
        "stream_add",
        "queue of one word of sums: words taken in pairs as soon as the last sums leave, nothing "
        "lost, doubled, reordered or cut off; output holds",
        (
            "ABits=2,BBits=2,SumBits=3",
            "ABits=1,BBits=3,SumBits=4",
            "Lanes=1,ABits=3,BBits=1,SumBits=4",
        ),
    ),
    Proof(
        "input_quantiser",
        "queue of at most four words: the numbers of thresholds reached, nothing lost, doubled or "
        "reordered; ready unless the output holds two words; output holds",
        (
            "Bits=2,Lanes=2,Words=2,Thresholds=2",
            'Bits=3,Lanes=1,Words=1,Thresholds=3,ThresholdFile="rising.mem"',
            'Lanes=1,Words=3,Thresholds=1,CodeBits=1,ThresholdFile="bits.mem"',
        ),
    ),
    Proof(
        "stream_widen",
        "queue of parts: nothing lost, doubled, reordered or changed; valid as soon as a word is "
        "complete, ready unless a second one is; output holds",
        ("InWidth=1,Parts=2", "InWidth=2,Parts=3", "InWidth=1,Parts=4"),
    ),
    Proof(
        "stream_narrow",
        "queue of parts: nothing lost, doubled, reordered or changed; valid unless empty, ready "
        "in the cycle of the last part; output holds",
        ("OutWidth=1,Parts=2", "OutWidth=2,Parts=3", "OutWidth=1,Parts=4"),
    ),
    Proof(
        "stream_dwc",
        "queue of bits: nothing lost, doubled, reordered or changed; output holds; the narrower "
        "side moves in every cycle; equal widths are wires",
        (
            "InWidth=2,OutWidth=3,Wide=6",
            "InWidth=3,OutWidth=2,Wide=6",
            "InWidth=2,OutWidth=4,Wide=4",
            "InWidth=4,OutWidth=2,Wide=4",
            "InWidth=3,OutWidth=3,Wide=3",
        ),
        depth=5,
    ),
    Proof(
        "replay_buffer",
        "every word of every vector, in order, Repeats times over; without a gap while words come; "
        "output holds while disabled",
        (
            "Words=3,Repeats=2",
            "Words=2,Repeats=3",
            "Words=1,Repeats=3",
            "Words=2,Repeats=1",
        ),
    ),
)
