"""One training loop for the base models of sequences, and what a run reports."""

import hashlib
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


def repeatable(seed):
    """One thread adds in one order, so a run repeats bit for bit on one machine."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)


def fit(model, x, y, epochs, seed, batch=64, peak=3e-3, decay=1e-3, augment=None, smoothing=0.05):
    """AdamW under one rising and falling rate, gradients clipped to norm 1; changes `model`.

    `x` [N, ...] and `y` [N] or [N, steps] are tensors; `augment(x, generator)` changes a batch of x.
    """
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=decay)
    steps = len(x) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, epochs * steps, pct_start=0.25)
    model.train()
    for epoch in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        total = 0.0
        for step in range(steps):
            rows = order[step * batch : (step + 1) * batch]
            seen = augment(x[rows], generator) if augment else x[rows]
            logits = model(seen)
            loss = F.cross_entropy(logits.flatten(0, -2), y[rows].flatten(), label_smoothing=smoothing)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        if epoch % max(1, epochs // 8) == 0 or epoch == epochs - 1:
            print(f'epoch {epoch + 1}/{epochs}  loss {total / steps:.4f}', flush=True)


@torch.no_grad()
def accuracy(model, x, y):
    """The share of positions that the model, in eval mode, labels as y."""
    model.eval()
    hits = sum(int((model(a).argmax(-1) == b).sum()) for a, b in zip(x.split(500), y.split(500)))
    return hits / y.numel()


def report(model, path):
    """Prints how many weights there are and what was written."""
    data = Path(path).read_bytes()
    print(f'weights {sum(p.numel() for p in model.parameters())}')
    print(f'{path}  {len(data)} bytes  sha256 {hashlib.sha256(data).hexdigest()}', flush=True)
