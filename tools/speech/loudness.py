"""Even loudness: every sentence at the same programme loudness. Owns no compression and no effects.

Loudness after ITU-R BS.1770-4 for one channel: K-weighting (a shelf and a high-pass), mean square over blocks
of
400 ms with 75 % overlap, an absolute gate at -70 LUFS and a relative gate 10 LU under the mean.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from tools.speech.voice import Samples

TARGET_LUFS = -19.0
"""Speech for one loudspeaker; the same as -16 LUFS for stereo (AES TD1004)."""
PEAK = 0.891
"""No sample above -1 dB of full scale."""


def loudness_lufs(samples: Samples, rate: int) -> float:
    """Integrated loudness in LUFS; minus infinity for silence or fewer than 400 ms of sound above the gate."""
    weighted = _k_weighted(np.asarray(samples, np.float64), rate)
    block, hop = int(0.4 * rate), int(0.1 * rate)
    if len(weighted) < block:
        weighted = np.pad(weighted, (0, block - len(weighted)))
    starts = range(0, len(weighted) - block + 1, hop)
    power = np.array([np.mean(weighted[start : start + block] ** 2) for start in starts])
    power = power[power > 10 ** ((-70 + 0.691) / 10)]
    if not len(power):
        return -np.inf
    power = power[power > 0.1 * power.mean()]
    return float(-0.691 + 10 * np.log10(power.mean()))


def levelled(samples: Samples, rate: int, target: float = TARGET_LUFS) -> Samples:
    """`samples` at `target` LUFS, or as near to it as the peak limit allows; silence stays as it is."""
    now = loudness_lufs(samples, rate)
    if not np.isfinite(now):
        return samples
    gain = min(10 ** ((target - now) / 20), PEAK / float(np.abs(samples).max()))
    return (samples * gain).astype(np.float32)


def _k_weighted(samples: np.ndarray, rate: int) -> np.ndarray:
    """The two filters of BS.1770, designed for any sample rate from their analogue constants."""
    k = np.tan(np.pi * 1681.974450955533 / rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf_b = np.array([high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k]) / a0
    shelf_a = np.array([1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0])
    k = np.tan(np.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    pass_a = np.array([1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0])
    return np.asarray(lfilter([1.0, -2.0, 1.0], pass_a, lfilter(shelf_b, shelf_a, samples)))
