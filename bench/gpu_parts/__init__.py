# SPDX-License-Identifier: MIT
"""The parts of bench/gpu, one module each, and what they share."""
