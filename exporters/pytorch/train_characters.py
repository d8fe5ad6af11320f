"""Trains base models that guess the next character of plays, and exports them to ONNX.

    python train_characters.py --text FILE     # demo/characters-gru.onnx and demo/characters-lstm.onnx

FILE is a text of paragraphs `ROLE:` newline `speech`. Input [N, 64] integers, characters by their rank
among those of FILE; output logits [N, 64, characters], of the character that follows each. Of the 36 roles
with at least 10,000 characters, by falling length, every third of six is reported and every sixth is
for choosing settings; the model sees neither's speeches (bench/tasks/roles.ts draws the same lines).
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from export import export_onnx
from fit import accuracy, fit, repeatable, report
from sequence_models import NextToken

DEMO = Path(__file__).resolve().parents[2] / 'demo'
STEPS = 64
SMALLEST_ROLE = 10_000


def speeches_of(text):
    """Each role's speeches, one after another, a blank line after each; roles by falling length."""
    roles = {}
    for paragraph in text.split('\n\n'):
        role, colon, speech = paragraph.partition(':\n')
        if colon and '\n' not in role:
            roles.setdefault(role, []).append(speech.rstrip('\n') + '\n\n')
    joined = {role: ''.join(speeches) for role, speeches in roles.items()}
    return dict(sorted(joined.items(), key=lambda item: (-len(item[1]), item[0])))


def part_of(rank, speech):
    """'base', 'tuning' or 'reported', by a role's rank and length."""
    if len(speech) < SMALLEST_ROLE:
        return 'base'
    return {2: 'reported', 5: 'tuning'}.get(rank % 6, 'base')


def windows(text, characters, start=0):
    """x, y [windows, STEPS]: stretches one after another, and the character after each of theirs."""
    tokens = torch.from_numpy(np.searchsorted(characters, list(text)))[start:]
    count = (len(tokens) - 1) // STEPS
    x = tokens[: count * STEPS].reshape(count, STEPS)
    return x, tokens[1 : count * STEPS + 1].reshape(count, STEPS)


def main():
    parser = argparse.ArgumentParser(description='train and export the character models')
    parser.add_argument('--text', required=True, help='the text file')
    parser.add_argument('--output', default=DEMO, type=Path, help='folder for the ONNX files')
    parser.add_argument('--cells', nargs='+', default=['gru', 'lstm'])
    parser.add_argument('--size', type=int, default=32, help='of the embedding')
    parser.add_argument('--hidden', type=int, default=96)
    parser.add_argument('--epochs', type=int, default=3)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    text = Path(args.text).read_text(encoding='utf-8')
    characters = sorted(set(text))
    speeches = list(speeches_of(text).values())
    parts = {'base': [], 'tuning': [], 'reported': []}
    for rank, speech in enumerate(speeches):
        parts[part_of(rank, speech)].append(speech)
    base = ''.join(parts['base'])
    # Two sets of stretches, half a stretch apart.
    x, y = (torch.cat(both) for both in zip(windows(base, characters), windows(base, characters, STEPS // 2)))
    unseen = windows(''.join(parts['tuning']), characters)
    for cell in args.cells:
        repeatable(args.seed)
        model = NextToken(len(characters), args.size, args.hidden, cell)
        fit(model, x, y, args.epochs, args.seed, batch=64, smoothing=0)
        print(f'{cell}: tuning roles, next character {100 * accuracy(model, *unseen):.1f} %')
        path = args.output / f'characters-{cell}.onnx'
        export_onnx(model, torch.zeros(1, STEPS, dtype=torch.long), path)
        report(model, path)


if __name__ == '__main__':
    main()
