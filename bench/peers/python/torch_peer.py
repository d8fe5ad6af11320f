"""PyTorch, one thread: full backpropagation with SGD; `checkpointed` as an argument re-forwards segments."""

import math
import sys

import torch
from peer import serve
from torch_network import Network


def open_trainee(network, batch, _folder):
    torch.set_num_threads(1)
    segments = round(math.sqrt(len(network["nodes"]))) if "checkpointed" in sys.argv else 0
    model = Network(network, segments)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    height, width, channels = network["inputShape"]
    x = torch.randn(batch, channels, height, width)
    y = torch.arange(batch) % 10

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    def predict():
        with torch.no_grad():
            return model(x)

    return predict, step


serve(open_trainee, "torch")
