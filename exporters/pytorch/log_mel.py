"""Log-mel features of a sound; runtime/sound/log-mel.ts computes the same numbers on the device.

Of the last `frames` frames (zeros before a shorter sound): Hann window, power spectrum, triangles evenly
spaced in mel (2595 log10(1 + f / 700)), decibels below the largest value, at most `decibels` of them.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LogMel:
    """Frame length and hop in samples, frequencies in hertz."""

    sample_rate: int = 8000
    frame_length: int = 256
    hop: int = 128
    frames: int = 48
    bands: int = 20
    lowest: float = 60.0
    highest: float = 4000.0
    decibels: float = 60.0


def mel_filters(form):
    """[bands, frame_length / 2 + 1]: triangles of height 1."""
    to_mel = lambda f: 2595 * np.log10(1 + f / 700)
    mels = np.linspace(to_mel(form.lowest), to_mel(form.highest), form.bands + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    left, centre, right = (edges[i : i + form.bands, None] for i in range(3))
    bins = np.arange(form.frame_length // 2 + 1) * form.sample_rate / form.frame_length
    return np.maximum(0, np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)))


def log_mel(wave, form=LogMel()):
    """wave [samples], -1 to 1, to float32 [frames, bands] in -decibels..0."""
    length = form.hop * (form.frames - 1) + form.frame_length
    held = np.zeros(length)
    last = np.asarray(wave, float)[-length:]
    held[length - len(last) :] = last
    starts = form.hop * np.arange(form.frames)
    framed = held[starts[:, None] + np.arange(form.frame_length)]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(form.frame_length) / form.frame_length)
    power = np.abs(np.fft.rfft(framed * hann)) ** 2
    energy = power @ mel_filters(form).T
    largest = max(energy.max(), 1e-10)
    relative = np.maximum(energy / largest, 10 ** (-form.decibels / 10))
    return (10 * np.log10(relative)).astype(np.float32)
