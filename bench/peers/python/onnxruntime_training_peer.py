"""onnxruntime-training 1.19.2, the last release with on-device training, one thread."""

import numpy as np
import onnxruntime as ort
from onnxruntime.training import api
from peer import serve


def open_trainee(network, batch, folder):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    state = api.CheckpointState.load_checkpoint(f"{folder}/checkpoint")
    module = api.Module(
        f"{folder}/training_model.onnx", state, f"{folder}/eval_model.onnx", session_options=options
    )
    optimizer = api.Optimizer(f"{folder}/optimizer_model.onnx", module)
    height, width, channels = network["inputShape"]
    x = np.random.randn(batch, channels, height, width).astype(np.float32)
    y = (np.arange(batch) % 10).astype(np.int64)

    def step():
        module.train()
        module(x, y)
        optimizer.step()
        module.lazy_reset_grad()

    def predict():
        module.eval()
        module(x, y)

    return predict, step


serve(open_trainee, "onnxruntime-training-cpu")
