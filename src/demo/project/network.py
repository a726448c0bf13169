"""A plain multilayer perceptron, trained by stochastic gradient descent."""

import numpy as np

from activation import activate, slope

# Longer gradients are cut to this length.
LONGEST_GRADIENT = 6

class Network:
    def __init__(self, sizes, random):
        pairs = list(zip(sizes, sizes[1:]))
        self.random = random
        self.weights = [random.normal(0, np.sqrt(2 / a), (a, b)) for a, b in pairs]
        self.biases = [np.zeros(b) for _, b in pairs]

    def forward(self, x):
        """Inputs of every layer, sums of every hidden layer, and log-probabilities."""
        inputs, sums = [x], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1]):
            sums.append(inputs[-1] @ weight + bias)
            inputs.append(activate(sums[-1]))
        scores = inputs[-1] @ self.weights[-1] + self.biases[-1]
        scores -= scores.max(axis=1, keepdims=True)
        return inputs, sums, scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))

    def fit(self, x, y, epochs, learning_rate, batch=32):
        for epoch in range(epochs):
            rate = learning_rate * (1 - epoch / epochs)
            order = self.random.permutation(len(x))
            for start in range(0, len(x), batch):
                chosen = order[start : start + batch]
                self.step(x[chosen], y[chosen], rate)

    def step(self, x, y, rate):
        gradients = self.gradients(x, y)
        norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
        rate *= min(1, LONGEST_GRADIENT / max(norm, 1e-12))
        for parameter, gradient in zip(self.weights + self.biases, gradients):
            parameter -= rate * gradient

    def gradients(self, x, y):
        """Gradients of the weights, then of the biases, by back-propagation."""
        inputs, sums, log_probabilities = self.forward(x)
        error = np.exp(log_probabilities)
        error[np.arange(len(y)), y] -= 1
        error /= len(y)
        weights, biases = [], []
        for layer in reversed(range(len(self.weights))):
            weights.insert(0, inputs[layer].T @ error)
            biases.insert(0, error.sum(axis=0))
            if layer:
                error = (error @ self.weights[layer].T) * slope(sums[layer - 1])
        return weights + biases

    def evaluate(self, x, y):
        """Accuracy and cross-entropy."""
        log_probabilities = self.forward(x)[2]
        accuracy = (log_probabilities.argmax(axis=1) == y).mean()
        return accuracy, -log_probabilities[np.arange(len(y)), y].mean()
