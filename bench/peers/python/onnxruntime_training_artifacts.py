"""Writes what ONNX Runtime's training API loads. Arguments: the network as a JSON file, a folder, the batch size."""

import json
import os
import sys

import onnx
import torch
from onnxruntime.training import artifacts
from torch_network import Network

network = json.load(open(sys.argv[1]))
folder = sys.argv[2]
os.makedirs(folder, exist_ok=True)
model = Network(network)
height, width, channels = network["inputShape"]
torch.onnx.export(
    model,
    torch.randn(1, channels, height, width),
    f"{folder}/model.onnx",
    input_names=["x"],
    output_names=["logits"],
    dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}},
    training=torch.onnx.TrainingMode.TRAINING,
    do_constant_folding=False,
    opset_version=14,
)
artifacts.generate_artifacts(
    onnx.load(f"{folder}/model.onnx"),
    requires_grad=[name for name, _ in model.named_parameters()],
    loss=artifacts.LossType.CrossEntropyLoss,
    optimizer=artifacts.OptimType.SGD,
    artifact_directory=folder,
)
