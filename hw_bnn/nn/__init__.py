# SPDX-License-Identifier: BSD-3-Clause
"""Binary networks: quantisers, threshold policies, layers and models."""
