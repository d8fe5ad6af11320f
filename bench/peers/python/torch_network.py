"""A network of the benchmark (nodes as in runtime/graph, NHWC) as a PyTorch module (NCHW)."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


class Network(nn.Module):
    def __init__(self, network, segments=0):
        super().__init__()
        self.nodes = network["nodes"]
        self.segments = segments
        layers = {}
        channels = [network["inputShape"][2]]
        for index, node in enumerate(self.nodes):
            attributes = node["attributes"]
            width = channels[node["inputs"][0]]
            if node["operator"] == "conv":
                window = attributes["window"]
                layers[str(index)] = nn.Conv2d(
                    width,
                    attributes["outputChannels"],
                    window["kernel"],
                    window["stride"],
                    window["pads"][:2],
                    groups=attributes["groups"],
                )
                width = attributes["outputChannels"]
            elif node["operator"] == "dense":
                layers[str(index)] = nn.Linear(width, attributes["outputChannels"])
                width = attributes["outputChannels"]
            channels.append(width)
        self.layers = nn.ModuleDict(layers)

    def run(self, start, end, *values):
        """Nodes [start, end) from the values alive before them; returns those alive after them."""
        alive = dict(zip(self.alive(start), values))
        for index in range(start, end):
            node = self.nodes[index]
            inputs = [alive[value] for value in node["inputs"]]
            alive[index + 1] = self.apply(index, node, inputs)
        return tuple(alive[value] for value in self.alive(end))

    def alive(self, at):
        """Values made before node `at` that it or a later one reads, or the output."""
        if at == len(self.nodes):
            return [at]
        read = {value for node in self.nodes[at:] for value in node["inputs"]}
        return sorted(value for value in read if value <= at)

    def apply(self, index, node, inputs):
        operator, attributes = node["operator"], node["attributes"]
        if operator == "conv":
            value = self.layers[str(index)](inputs[0])
        elif operator == "dense":
            value = self.layers[str(index)](inputs[0].flatten(1))
        elif operator == "add":
            value = inputs[0] + inputs[1]
        elif operator == "averagePool":
            value = inputs[0].mean((2, 3), keepdim=True)  # every benchmark network pools the whole image
        else:
            raise ValueError(f"{node['name']}: expected conv, dense, add or averagePool, got {operator}")
        return torch.relu(value) if attributes.get("clamp") else value

    def forward(self, x):
        count = len(self.nodes)
        if not self.segments:
            return self.run(0, count, x)[0]
        size = -(-count // self.segments)
        values = (x.requires_grad_(),)
        for start in range(0, count, size):
            end = min(count, start + size)
            part = lambda *inputs, start=start, end=end: self.run(start, end, *inputs)
            values = checkpoint(part, *values)
            values = values if isinstance(values, tuple) else (values,)
        return values[0]
