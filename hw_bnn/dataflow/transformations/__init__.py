# SPDX-License-Identifier: BSD-3-Clause
"""Graph passes, one per file. Import only after hw_bnn.dataflow.engine.start."""
