"""Tells two moons apart, with a small network."""

import argparse

import numpy as np

RATE = 0.5


def moons(random, count):
    angle = np.pi * random.random(count)
    label = random.integers(0, 2, count)
    x = np.where(label, 1 - np.cos(angle), np.cos(angle))
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle))
    return np.stack([x, y], 1) + random.normal(0, 0.15, (count, 2)), label[:, None]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3000)
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    first, second = random.normal(0, 1, (3, 16)), random.normal(0, 0.3, (17, 1))
    points, labels = moons(random, 600)
    for _ in range(args.epochs):
        hidden, guess = forward(first, second, points)
        slope = (guess - labels) / len(points)
        inner = slope @ second[:-1].T * (1 - hidden**2)
        second -= RATE * bias(hidden).T @ slope
        first -= RATE * bias(points).T @ inner
    points, labels = moons(np.random.default_rng(1234), 4000)
    _, guess = forward(first, second, points)
    print(f"accuracy: {np.mean((guess > 0.5) == labels):.4f}")


def bias(values):
    return np.hstack([values, np.ones((len(values), 1))])


def forward(first, second, points):
    hidden = np.tanh(bias(points) @ first)
    return hidden, 1 / (1 + np.exp(-bias(hidden) @ second))


if __name__ == "__main__":
    main()
