"""The activation function and its derivative: LeakyReLU."""

import numpy as np

LEAK = 0.1


def activate(x):
    return np.where(x > 0, x, LEAK * x)


def slope(x):
    return np.where(x > 0, 1.0, LEAK)
