# SPDX-License-Identifier: BSD-3-Clause
"""Operators that FINN+ lacks, one per file. Import only after hw_bnn.dataflow.engine.start."""

from hw_bnn.dataflow.operators.duplicate_streams import DuplicateStreams_hwbnn
from hw_bnn.dataflow.operators.elementwise_add import ElementwiseAdd_hwbnn
from hw_bnn.dataflow.operators.label_select import LabelSelect_hwbnn
from hw_bnn.dataflow.operators.sliding_window import SlidingWindow, SlidingWindow_rtl
from hw_bnn.dataflow.operators.stream_dwc import StreamingDataWidthConverter_hwbnn
from hw_bnn.dataflow.operators.stream_fifo import StreamingFIFO_hwbnn
from hw_bnn.dataflow.operators.stream_max_pool import StreamMaxPool, StreamMaxPool_rtl
from hw_bnn.dataflow.operators.thresholding import Thresholding_hwbnn
from hw_bnn.dataflow.operators.xnor_mvau import XnorMVAU, XnorMVAU_rtl

GENERIC = (SlidingWindow, StreamMaxPool, XnorMVAU)
RTL = (
    DuplicateStreams_hwbnn,
    ElementwiseAdd_hwbnn,
    LabelSelect_hwbnn,
    SlidingWindow_rtl,
    StreamMaxPool_rtl,
    StreamingDataWidthConverter_hwbnn,
    StreamingFIFO_hwbnn,
    Thresholding_hwbnn,
    XnorMVAU_rtl,
)
