"""One training step of the lecture's network in PyTorch, on request.

Reads lines "THREADS STEPS" and answers each with the milliseconds of so many steps, as JSON. The same net, batch, loss and
solver as in Bell Pepper: SGD with momentum 0.9 and weight decay 0.0005, batch 100, float32.
"""

import json
import sys
import time

import torch
from torch import nn

torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv2d(1, 20, 5),
    nn.MaxPool2d(2),
    nn.Conv2d(20, 50, 5),
    nn.MaxPool2d(2),
    nn.Conv2d(50, 500, 4),
    nn.ReLU(),
    nn.Conv2d(500, 26, 2),
    nn.Flatten(),
)
solver = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005)
loss = nn.CrossEntropyLoss()
images = 256 * (torch.rand(100, 1, 32, 32) - 0.5)
labels = torch.randint(0, 26, (100,))

print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    threads, steps = map(int, line.split())
    torch.set_num_threads(threads)
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        solver.zero_grad()
        loss(network(images), labels).backward()
        solver.step()
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps(times), flush=True)
