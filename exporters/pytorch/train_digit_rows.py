"""Trains recurrent base models that read a digit row by row, and exports them to ONNX.

    python train_digit_rows.py                # demo/digit-rows-gru.onnx and demo/digit-rows-lstm.onnx

Input [N, 28, 28] float32 in 0..1, a row a step; output logits [N, 10]. The images and their
augmentation, whole-pixel shifts of at most 2 pixels, are those of train_digits.py.
"""

import argparse
from pathlib import Path

import torch

from export import export_onnx
from fit import accuracy, fit, repeatable, report
from sequence_models import SequenceClassifier
from train_digits import FOLDERS, read_split, shifted

DEMO = Path(__file__).resolve().parents[2] / 'demo'


def main():
    parser = argparse.ArgumentParser(description='train and export the row-by-row digit models')
    parser.add_argument('--data', default=FOLDERS['digits'], help='folder of the four idx files')
    parser.add_argument('--output', default=DEMO, type=Path, help='folder for the ONNX files')
    parser.add_argument('--cells', nargs='+', default=['gru', 'lstm'])
    parser.add_argument('--hidden', type=int, default=64)
    parser.add_argument('--epochs', type=int, default=8)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    x, y = read_split(args.data, 'train')
    test_x, test_y = read_split(args.data, 't10k')
    for cell in args.cells:
        repeatable(args.seed)
        model = SequenceClassifier(28, args.hidden, 10, cell)
        # shifted() takes [N, 1, 28, 28].
        fit(model, x, y, args.epochs, args.seed, batch=128, augment=lambda a, g: shifted(a, g)[:, 0])
        print(f'{cell}: clean test accuracy {100 * accuracy(model, test_x[:, 0], test_y):.2f} %')
        path = args.output / f'digit-rows-{cell}.onnx'
        export_onnx(model, torch.zeros(1, 28, 28), path)
        report(model, path)


if __name__ == '__main__':
    main()
