"""Tasks in hand are evidence: what takes long already is likely to be what its agent is slow at."""

import numpy as np

from solver.outlook import Floats


def in_all(hours: Floats, doubt: Floats, spent: Floats, shape: Floats | float = 1.0) -> Floats:
    """[n]: the hours that tasks in hand are expected to take in all, after `spent` hours of them.

    `hours`, above 0, were expected; `doubt` is the variance of their logarithm, 0 where they are known;
    `shape` k is that of times as of Weibull: 1 exponential, more where they are more regular. Where the doubt
    is normal, the likeliest logarithm is higher by the δ of kδ e^kδ = s² k² (e / m)^k, by Lambert's W: here
    within 2 %, as of Winitzki 2003 ("Uniform approximations for transcendental functions").
    """
    one = np.log1p(doubt * shape**2 * (spent / hours) ** shape)
    higher: Floats = hours * np.exp(one * (1.0 - np.log1p(one) / (2.0 + one)) / shape)
    return higher
