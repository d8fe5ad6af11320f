"""TensorFlow Lite's on-device training: a `train` signature, one thread. Its gradients need the Flex delegate."""

import numpy as np
import tensorflow as tf
from peer import serve


def open_trainee(network, batch, folder):
    interpreter = tf.lite.Interpreter(f"{folder}/model.tflite", num_threads=1)
    interpreter.allocate_tensors()
    train = interpreter.get_signature_runner("train")
    x = np.random.randn(batch, *network["inputShape"]).astype(np.float32)
    y = (np.arange(batch) % 10).astype(np.int32)
    infer = interpreter.get_signature_runner("infer")
    return lambda: infer(x=x), lambda: train(x=x, y=y)


serve(open_trainee, "tensorflow-cpu")
