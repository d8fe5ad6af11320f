"""Turn a trained torch model and a data loader into the two files `onward export` reads.

    model.onnx        float32 graph in eval mode, dynamic batch, batch-norm folded where torch can
    calibration.npz   x [N, ...] float32 as the model takes it, y [N] int64 class indices

Calibration wants about 300 labelled samples, drawn from the training data with a broad
label-preserving augmentation: activation ranges and feedback are fitted to them.

    from export import export_model
    export_model(model, loader, 'out', samples=300)

or from a shell, where setup.py defines model() and loader():

    python export.py setup.py --output out --samples 300
"""

import argparse
import importlib.util
import inspect
from pathlib import Path

import numpy as np
import torch


def export_model(model, loader, folder, samples=300, opset=13):
    """Writes model.onnx and calibration.npz into `folder` and returns both paths.

    `loader` yields (x, y) batches: x [N, ...] float, y [N] integer. Raises ValueError when it
    ends before `samples` of them.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    x, y = take(loader, samples)
    export_onnx(model, x[:1], folder / 'model.onnx', opset)
    np.savez_compressed(folder / 'calibration.npz', x=x.numpy(), y=y.numpy())
    return folder / 'model.onnx', folder / 'calibration.npz'


def export_onnx(model, example, path, opset=13):
    """Writes `model` as ONNX: `input` [N, ...] to `logits` [N, classes], N free.

    `example` is one batch of the right shape. The model is put in eval mode on the CPU.
    """
    model = model.eval().cpu()
    # The tracing exporter emits plain operators; torch from 2.5 on has to be asked for it.
    chosen = {'dynamo': False} if 'dynamo' in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(
        model,
        (example.cpu(),),
        str(path),
        opset_version=opset,
        input_names=['input'],
        output_names=['logits'],
        dynamic_axes={'input': {0: 'N'}, 'logits': {0: 'N'}},
        **chosen,
    )


def take(loader, samples):
    """The first `samples` examples of `loader`: x [N, ...] float32, y [N] int64."""
    xs, ys, count = [], [], 0
    for x, y in loader:
        xs.append(torch.as_tensor(x).float())
        ys.append(torch.as_tensor(y).long())
        count += len(ys[-1])
        if count >= samples:
            return torch.cat(xs)[:samples], torch.cat(ys)[:samples]
    raise ValueError(f'loader: expected at least {samples} samples, got {count}')


def load_module(path):
    """Imports a Python file by its path."""
    spec = importlib.util.spec_from_file_location('onward_setup', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    parser = argparse.ArgumentParser(description='torch model + loader -> model.onnx + calibration.npz')
    parser.add_argument('setup', help='a Python file that defines model() and loader()')
    parser.add_argument('--output', default='.', help='folder for the two files')
    parser.add_argument('--samples', type=int, default=300)
    parser.add_argument('--opset', type=int, default=13)
    args = parser.parse_args()
    setup = load_module(args.setup)
    for path in export_model(setup.model(), setup.loader(), args.output, args.samples, args.opset):
        print(f'{path}  {path.stat().st_size} bytes')


if __name__ == '__main__':
    main()
