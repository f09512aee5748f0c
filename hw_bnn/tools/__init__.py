# SPDX-License-Identifier: BSD-3-Clause
"""External programs: the only package that starts processes or looks at the environment."""
