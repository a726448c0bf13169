"""Trains the digits classifier from several initialisations, as Ray tasks, and reports the means."""

import json
import os

import numpy as np
import ray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from network import Network

INITIALISATIONS = 4


@ray.remote
def train(data, seed):
    """Test accuracy and loss of one network."""
    x_train, x_test, y_train, y_test = data
    network = Network([64, 12, 12, 12, 10], np.random.default_rng(seed))
    network.fit(x_train, y_train, epochs=25, learning_rate=1.0)
    return network.evaluate(x_test, y_test)


def main():
    seed = int(os.environ.get("REGRESSION_SEED", "1"))
    x, y = load_digits(return_X_y=True)
    data = ray.put(train_test_split(x / 16, y, test_size=0.3, stratify=y, random_state=0))
    tasks = [train.remote(data, 1000 * seed + i) for i in range(INITIALISATIONS)]
    results = ray.get(tasks)
    for i, (accuracy, loss) in enumerate(results):
        print(f"initialisation {i}: accuracy {accuracy:.3f}, loss {loss:.3f}")
    accuracy, loss = np.mean(results, axis=0)
    print("REGRESSION_METRICS", json.dumps({"accuracy": accuracy, "loss": loss}))


if __name__ == "__main__":
    main()
