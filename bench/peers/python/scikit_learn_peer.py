"""scikit-learn's SGDClassifier on the head's inputs, which are taken as given: no forward through the network."""

import numpy as np
from peer import serve
from sklearn.linear_model import SGDClassifier


def open_trainee(network, batch, _folder):
    channels = [network["inputShape"][2]]
    for node in network["nodes"]:
        channels.append(node["attributes"].get("outputChannels", channels[node["inputs"][0]]))
    features = np.random.randn(batch, channels[network["nodes"][-1]["inputs"][0]]).astype(np.float32)
    labels = np.arange(batch) % 10
    head = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=1e-3)
    head.partial_fit(features, labels, classes=np.arange(10))
    return lambda: head.predict(features), lambda: head.partial_fit(features, labels)


serve(open_trainee, "scikit-learn")
