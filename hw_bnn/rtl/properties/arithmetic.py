# SPDX-License-Identifier: BSD-3-Clause
"""Proofs of memories, adders, popcount and matrix unit."""

from hw_bnn.rtl.properties.proof import Proof

ARITHMETIC = (
    Proof(
        "constant_memory",
        "the addressed word of the file, one enabled cycle later, or two; holds while disabled",
        ("Depth=5,Width=4", "Depth=1,Width=4", "Depth=5,Width=4,Second=1"),
    ),
    Proof("full_adder", "count is the number of ones among three bits", ("Xilinx=0",), depth=1),
    Proof("six_counter", "count is the number of ones among six bits", ("Xilinx=0",), depth=1),
    Proof("xnor_adder", "2 carry + sum is two XNORs and a bit", ("Xilinx=0",), depth=1),
    Proof("dual_lut", "the two halves of Init, addressed by the same bits", ("Xilinx=0",), depth=1),
    Proof(
        "carry_chain",
        "{carry, sum} is generate + (propagate ^ generate) + carry",
        ("Width=1", "Width=4", "Width=6"),
        depth=1,
    ),
    Proof(
        "ternary_adder",
        "sum is (base | start) + x + y modulo 2**Width",
        ("Width=5,TermWidth=3", "Width=4,TermWidth=4", "Width=2,TermWidth=3"),
        depth=1,
    ),
    *(
        Proof(
            module, f"{claim}: the same with Xilinx's primitives", parameters, "prove", 1, 1, True
        )
        for module, claim, parameters in (
            ("dual_lut", "LUT6_2", ("Xilinx=1",)),
            ("carry_chain", "CARRY4", ("Width=4,Xilinx=1", "Width=6,Xilinx=1")),
            ("six_counter", "LUT6_2 and CARRY4", ("Xilinx=1",)),
        )
    ),
    Proof(
        "compressor",
        "x + y is the weighted sum of the bits that went in with the tag; en_i high",
        ("StagesPerRegister=1", "StagesPerRegister=2"),
        depth=5,
    ),
    Proof(
        "compressor",
        "the same with any en_i, and everything holds while it is low",
        ("StagesPerRegister=1,Stalls=1",),
        "bmc",
        6,
    ),
    Proof(
        "popcount",
        "x + y is the sum over lanes of (weight ? u : 2**Bits-1-u); en_i high",
        ("Simd=1", "Simd=7", "Simd=3,Bits=2"),
        depth=6,
    ),
    Proof(
        "popcount",
        "the same with any en_i, and everything holds while it is low",
        ("Simd=4,Stalls=1", "Simd=2,Bits=2,Stalls=1"),
        "bmc",
        6,
    ),
    Proof(
        "xnor_pe",
        "the result of a sum is the upper part of its start value and all its counts; en_i high",
        ("Simd=3,SumWidth=5", "Simd=2,InputBits=2,SumWidth=5,ResultWidth=5"),
        depth=6,
    ),
    Proof(
        "xnor_pe",
        "the same with any en_i, and everything holds while it is low",
        ("Simd=3,SumWidth=5,Stalls=1",),
        "bmc",
        7,
    ),
    Proof(
        "level_counter",
        "number of thresholds that the sum reaches in all steps",
        ("Parallel=1,LevelWidth=2", "Parallel=2,LevelWidth=3"),
        depth=2,
    ),
    Proof(
        "level_unit",
        "levels are the numbers of thresholds reached, valid Steps enabled cycles after the sums",
        ("Thresholds=3,Cycles=2", "Thresholds=2,Cycles=1,Vectors=3"),
        "bmc",
        10,
    ),
    Proof(
        "xnor_mvau",
        "every word of every vector as defined, none lost, doubled or reordered; output holds; "
        "one threshold",
        ("MatrixW=4,MatrixH=2,Pe=1,Simd=2,Thresholds=1",),
        "bmc",
        14,
    ),
    Proof(
        "xnor_mvau",
        "the same without thresholds, in folds of one",
        (
            'MatrixW=2,MatrixH=2,Pe=1,Simd=2,Thresholds=0,WeightFile="square.mem"',
            'MatrixW=2,MatrixH=2,Pe=2,Simd=1,Thresholds=0,WeightFile="square.mem"',
        ),
        "bmc",
        12,
    ),
    Proof(
        "xnor_mvau",
        "the same with a second register behind the weights",
        ("MatrixW=4,MatrixH=2,Pe=1,Simd=2,Thresholds=1,OneRegister=2",),
        "bmc",
        14,
    ),
    Proof(
        "xnor_mvau",
        "the same with inputs of two bits and three thresholds",
        (
            "MatrixW=2,MatrixH=2,Pe=1,Simd=1,InputBits=2,Thresholds=3,"
            'WeightFile="lanes.mem",ThresholdFile="levels.mem"',
        ),
        "bmc",
        13,
    ),
    *(
        Proof("ripple_adder", claim, values, "prove", 1, 1, primitives)
        for claim, values, primitives in (
            (
                "sum is a + b + carry modulo 2**SumWidth",
                ("Width=4,SumWidth=5", "Width=5,SumWidth=5"),
                False,
            ),
            ("the same with Xilinx's primitives", ("Width=4,SumWidth=5",), True),
        )
    ),
    Proof("ripple_sign", "whether the sum is negative in two's complement", ("Width=4",), depth=1),
)
