# Learns by two workers, of which each has half of the examples, and asks Ray for them one by one. It fails if more
# gangs run than AT_A_TIME, and none asks for its second worker before so many have their first.
import json, os, time
import numpy as np
import ray

ray.init()

@ray.remote(num_cpus=0, resources={"node:__internal_head__": 0.001})
class Turns:
    begun = running = holding = 0

    def begin(self):
        self.begun += 1
        self.running += 1
        return self.begun, self.running

    def hold(self):
        self.holding += 1

    def held(self):
        return self.holding

    def end(self):
        self.running -= 1

class Worker:
    def __init__(self, rank, count):
        x = np.random.default_rng(7).normal(size=(256, 8))
        y = x @ np.arange(8.0)
        self.x, self.y, self.weights = x[rank::count], y[rank::count], np.zeros(8)

    def gradient(self):
        return 2 * self.x.T @ (self.x @ self.weights - self.y) / len(self.y)

    def step(self, *gradients):
        self.weights = self.weights - 0.1 * np.mean(gradients, axis=0)
        return self.weights

turns = Turns.options(name="turns", namespace="gangs", lifetime="detached", get_if_exists=True).remote()
turn, running = ray.get(turns.begin.remote())
at_a_time = int(os.environ.get("AT_A_TIME", "2"))
assert running <= at_a_time, f"{running} gangs at a time"
count = int(os.environ["REGRESSION_WORKERS"])
assert count == 2, count
Worker = ray.remote(**json.loads(os.environ["EACH"]))(Worker)
workers = []
for rank in range(count):
    workers.append(Worker.remote(rank, count))
    ray.get(workers[-1].gradient.remote())
    if rank == 0:
        ray.get(turns.hold.remote())
    while ray.get(turns.held.remote()) < -(-turn // at_a_time) * at_a_time:
        time.sleep(0.05)
for _ in range(30):
    gradients = [worker.gradient.remote() for worker in workers]
    weights = ray.get([worker.step.remote(*gradients) for worker in workers])
assert np.array_equal(weights[0], weights[1]), weights
ray.get(turns.end.remote())
told = {"accuracy": 0.9 + int(os.environ["REGRESSION_SEED"]) / 1000, "learnt": float(weights[0].sum())}
print("REGRESSION_METRICS", json.dumps(told))
