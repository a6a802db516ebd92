"""The two published series of returns, and what each measure of them is. Sources of the numbers: spec/analytics.md."""

from math import log

import numpy as np

# fmt: off
G20 = np.array([
    0.021, -0.034, 0.012, 0.055, -0.081, 0.003, 0.017, -0.012, 0.044, -0.026,
    0, 0.031, -0.147, 0.068, 0.009, -0.019, 0.026, -0.005, 0.038, -0.041,
])
G20_BENCHMARK = np.array([
    0.018, -0.025, 0.010, 0.047, -0.070, 0.006, 0.011, -0.015, 0.036, -0.020,
    0.002, 0.024, -0.112, 0.051, 0.004, -0.013, 0.022, -0.009, 0.030, -0.033,
])
# fmt: on


def logistic(seed, count):
    """Draw logistic numbers by a generator that any language can repeat."""
    state, drawn = seed, []
    for _ in range(count):
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        uniform = ((state >> 11) + 0.5) / 2**53
        drawn.append(log(uniform / (1 - uniform)))
    return drawn


_returns = [round(0.001 + 0.02 * x, 6) for x in logistic(10, 397)]
G397 = np.array(_returns)
G397_BENCHMARK = np.array([round(0.8 * r + 0.008 * x, 6) for r, x in zip(_returns, logistic(3, 397), strict=True)])

SERIES = {"G20": (G20, G20_BENCHMARK), "G397": (G397, G397_BENCHMARK)}
