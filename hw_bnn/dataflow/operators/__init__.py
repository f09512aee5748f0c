# SPDX-License-Identifier: BSD-3-Clause
"""Operators that FINN+ lacks, one per file. Import only after hw_bnn.dataflow.engine.start."""

from hw_bnn.dataflow.operators.stream_dwc import StreamingDataWidthConverter_hwbnn
from hw_bnn.dataflow.operators.stream_fifo import StreamingFIFO_hwbnn
from hw_bnn.dataflow.operators.xnor_mvau import XnorMVAU, XnorMVAU_rtl

GENERIC = (XnorMVAU,)
RTL = (XnorMVAU_rtl, StreamingFIFO_hwbnn, StreamingDataWidthConverter_hwbnn)
