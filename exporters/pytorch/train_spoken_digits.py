"""Trains base models of spoken digits, each without one speaker, and exports them to ONNX.

    python train_spoken_digits.py --data FOLDER     # demo/spoken-digits-CELL-without-SPEAKER.onnx

FOLDER holds fsdd-4spk.json and .bin: 2000 recordings at 8 kHz of four speakers. Input [N, 48, 20]
float32, the log-mel features of log_mel.py as (decibels + 30) / 15; output logits [N, 10].
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from export import export_onnx
from fit import accuracy, fit, repeatable, report
from log_mel import LogMel, log_mel
from sequence_models import SequenceClassifier
from shared_arrays import read_arrays

DEMO = Path(__file__).resolve().parents[2] / 'demo'
MEAN, DEVIATION = -30, 15


def read_sounds(folder):
    """x [N, frames, bands] as the model takes it, y [N], the speaker of each by index, their names."""
    description, arrays = read_arrays(folder, 'fsdd-4spk')
    ends = arrays['offset'].astype(int)
    waves = (arrays['pcm'][a:b] / 32768 for a, b in zip(ends[:-1], ends[1:]))
    x = np.stack([log_mel(wave) for wave in waves])
    y = torch.from_numpy(arrays['label'].astype(np.int64))
    return torch.from_numpy((x - MEAN) / DEVIATION).float(), y, arrays['user'], description['users']


def spoken(x, generator, latest=6, decibels=6.0):
    """Each sound ending up to `latest` frames earlier, its floor raised and its bands tilted a little."""
    count, frames, bands = x.shape
    silence = (-LogMel().decibels - MEAN) / DEVIATION
    padded = torch.cat([x, torch.full((count, latest, bands), silence)], 1)
    start = torch.randint(0, latest + 1, (count, 1), generator=generator)
    moved = padded[torch.arange(count)[:, None], start + torch.arange(frames)]
    tilt = decibels / DEVIATION * torch.randn(count, 1, 1, generator=generator)
    moved = moved + tilt * torch.linspace(-0.5, 0.5, bands)
    floor = silence + 15 / DEVIATION * torch.rand(count, 1, 1, generator=generator)
    return torch.maximum(moved.clamp(max=-MEAN / DEVIATION), floor)


def main():
    parser = argparse.ArgumentParser(description='train and export the spoken-digit models')
    parser.add_argument('--data', required=True, help='folder of fsdd-4spk.json and .bin')
    parser.add_argument('--output', default=DEMO, type=Path, help='folder for the ONNX files')
    parser.add_argument('--cells', nargs='+', default=['gru', 'lstm'])
    parser.add_argument('--speakers', nargs='+', help='whom to leave out, one model each; default all')
    parser.add_argument('--hidden', type=int, default=64)
    parser.add_argument('--epochs', type=int, default=40)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    x, y, user, speakers = read_sounds(args.data)
    for cell in args.cells:
        for speaker in args.speakers or speakers:
            repeatable(args.seed)
            others = user != speakers.index(speaker)
            model = SequenceClassifier(x.shape[-1], args.hidden, 10, cell)
            fit(model, x[others], y[others], args.epochs, args.seed, batch=64, augment=spoken)
            print(f'{cell} without {speaker}: others {100 * accuracy(model, x[others], y[others]):.1f} %')
            path = args.output / f'spoken-digits-{cell}-without-{speaker}.onnx'
            export_onnx(model, torch.zeros(1, *x.shape[1:]), path)
            report(model, path)


if __name__ == '__main__':
    main()
