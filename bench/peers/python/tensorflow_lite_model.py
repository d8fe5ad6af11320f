"""Writes a TensorFlow Lite model with a `train` signature. Arguments: the network as a JSON file, a folder, the batch size."""

import json
import os
import sys

import tensorflow as tf

network = json.load(open(sys.argv[1]))
folder, batch = sys.argv[2], int(sys.argv[3])
os.makedirs(folder, exist_ok=True)
shape = network["inputShape"]


class Trainable(tf.Module):
    def __init__(self):
        values = [tf.keras.Input(shape)]
        for node in network["nodes"]:
            inputs = [values[value] for value in node["inputs"]]
            values.append(self.apply(node, inputs))
        self.model = tf.keras.Model(values[0], values[-1])

    @staticmethod
    def apply(node, inputs):
        operator, attributes = node["operator"], node["attributes"]
        if operator == "conv":
            window = attributes["window"]
            value = tf.keras.layers.Conv2D(
                attributes["outputChannels"], window["kernel"], window["stride"], padding="same"
            )(inputs[0])
        elif operator == "dense":
            value = tf.keras.layers.Dense(attributes["outputChannels"])(
                tf.keras.layers.Flatten()(inputs[0])
            )
        elif operator == "add":
            value = tf.keras.layers.Add()(inputs)
        elif operator == "averagePool":
            value = tf.keras.layers.AveragePooling2D(attributes["window"]["kernel"])(inputs[0])
        else:
            raise ValueError(f"{node['name']}: expected conv, dense, add or averagePool, got {operator}")
        return tf.keras.layers.ReLU()(value) if attributes.get("clamp") else value

    @tf.function(
        input_signature=[
            tf.TensorSpec([batch, *shape], tf.float32),
            tf.TensorSpec([batch], tf.int32),
        ]
    )
    def train(self, x, y):
        with tf.GradientTape() as tape:
            logits = self.model(x, training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
            )
        variables = self.model.trainable_variables
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            variable.assign_sub(1e-3 * gradient)
        return {"loss": loss}


    @tf.function(input_signature=[tf.TensorSpec([batch, *shape], tf.float32)])
    def infer(self, x):
        return {"logits": self.model(x, training=False)}


module = Trainable()
signatures = {
    "train": module.train.get_concrete_function(),
    "infer": module.infer.get_concrete_function(),
}
tf.saved_model.save(module, f"{folder}/saved", signatures=signatures)
converter = tf.lite.TFLiteConverter.from_saved_model(f"{folder}/saved")
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
converter.experimental_enable_resource_variables = True
with open(f"{folder}/model.tflite", "wb") as file:
    file.write(converter.convert())
