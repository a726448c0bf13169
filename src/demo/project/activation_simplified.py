"""The activation function and its derivative: ReLU."""

import numpy as np


def activate(x):
    return np.maximum(x, 0.0)


def slope(x):
    return np.where(x > 0, 1.0, 0.0)
