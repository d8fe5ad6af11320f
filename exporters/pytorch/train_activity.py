"""Trains base models that tell activities from a watch's acceleration, and exports them to ONNX.

    python train_activity.py --data FOLDER    # demo/activity-gru.onnx and demo/activity-lstm.onnx

FOLDER holds wisdm-watch-40.json and .bin: windows of 80 points in time at 20 Hz. Input [N, 80, 3]
float32 in g, output logits [N, 6]. Of every five users one is kept for choosing settings of learning on
the device, and one for reporting; the model sees neither (bench/tasks/wisdm.ts draws the same lines).
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from export import export_onnx
from fit import accuracy, fit, repeatable, report
from sequence_models import SequenceClassifier
from shared_arrays import read_arrays

DEMO = Path(__file__).resolve().parents[2] / 'demo'
STANDARD_GRAVITY = 9.80665
FRONT = (32, 5, 2)


def read_windows(folder):
    """x [N, 80, 3] in g, y [N], the rank of each window's user among all users, and its time."""
    description, arrays = read_arrays(folder, 'wisdm-watch-40')
    x = arrays['x'].astype(np.float32) * np.float32(description['scale'] / STANDARD_GRAVITY)
    rank = np.searchsorted(description['users'], arrays['user'])
    return torch.from_numpy(x), torch.from_numpy(arrays['label'].astype(np.int64)), rank, arrays['t']


def part_of(rank):
    """'base', 'tuning' or 'reported', by a user's rank."""
    return {2: 'tuning', 4: 'reported'}.get(rank % 5, 'base')


def worn(x, generator):
    """Each window turned by a small random rotation, its axes and strength slightly off."""
    count = len(x)
    skew = 0.1 * torch.randn(count, 3, 3, generator=generator)
    turn = torch.eye(3) + skew - skew.transpose(1, 2)
    strength = 1 + 0.1 * torch.randn(count, 1, 1, generator=generator)
    return strength * (x @ turn)


def main():
    parser = argparse.ArgumentParser(description='train and export the activity models')
    parser.add_argument('--data', required=True, help='folder of wisdm-watch-40.json and .bin')
    parser.add_argument('--output', default=DEMO, type=Path, help='folder for the ONNX files')
    parser.add_argument('--cells', nargs='+', default=['gru', 'lstm'])
    parser.add_argument('--hidden', type=int, default=64)
    parser.add_argument('--epochs', type=int, default=80)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    x, y, rank, _ = read_windows(args.data)
    parts = np.array([part_of(r) for r in rank])
    base, tuning = parts == 'base', parts == 'tuning'
    for cell in args.cells:
        repeatable(args.seed)
        model = SequenceClassifier(3, args.hidden, 6, cell, FRONT)
        fit(model, x[base], y[base], args.epochs, args.seed, batch=64, augment=worn)
        seen, unseen = (100 * accuracy(model, x[rows], y[rows]) for rows in (base, tuning))
        print(f'{cell}: users seen {seen:.1f} %, tuning users {unseen:.1f} %')
        path = args.output / f'activity-{cell}.onnx'
        export_onnx(model, torch.zeros(1, 80, 3), path)
        report(model, path)


if __name__ == '__main__':
    main()
