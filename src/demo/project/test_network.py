import unittest

import numpy as np

from activation import activate, slope
from network import Network


class NetworkTest(unittest.TestCase):
    def network(self):
        return Network([4, 8, 3], np.random.default_rng(0))

    def test_activation_keeps_what_is_positive(self):
        x = np.array([0.5, 1.0, 2.0])
        np.testing.assert_array_equal(activate(x), x)
        np.testing.assert_array_equal(slope(x), np.ones(3))

    def test_probabilities_sum_to_one(self):
        log_probabilities = self.network().forward(np.ones((5, 4)))[2]
        np.testing.assert_allclose(np.exp(log_probabilities).sum(axis=1), np.ones(5))

    def test_training_lowers_the_loss(self):
        random = np.random.default_rng(1)
        x = random.normal(size=(60, 4))
        y = x[:, :3].argmax(axis=1)
        network = self.network()
        before = network.evaluate(x, y)[1]
        network.fit(x, y, epochs=20, learning_rate=0.1)
        self.assertLess(network.evaluate(x, y)[1], before)


if __name__ == "__main__":
    unittest.main()
