"""Training steps in PyTorch, on request.

Reads lines "NETWORK THREADS STEPS" and answers each with the milliseconds of so many steps, as JSON. The same networks, batch,
loss and solver as in Bell Pepper: SGD with momentum 0.9 and weight decay 0.0005, batch 100, float32.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional


def ocr():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(50, 500, 4),
        nn.ReLU(),
        nn.Conv2d(500, 26, 2),
        nn.Flatten(),
    )


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(50, 500, 4),
        nn.ReLU(),
        nn.Conv2d(500, 10, 1),
        nn.Flatten(),
    )


def cifar_vgg():
    def block(inputs, filters):
        return [nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]

    return nn.Sequential(
        *block(3, 64),
        *block(64, 64),
        nn.MaxPool2d(2),
        *block(64, 128),
        *block(128, 128),
        nn.MaxPool2d(2),
        nn.Conv2d(128, 10, 8),
        nn.Flatten(),
    )


class Residual(nn.Module):
    """Two convolutions and a way past them; where it shrinks, the way past takes every second pixel and adds channels of zeros."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, filters, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.stride = stride
        self.more = filters - inputs

    def forward(self, x):
        past = x
        if self.stride > 1:
            past = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return functional.relu(self.body(x) + past)


def resnet20():
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    inputs = 16
    for filters in (16, 32, 64):
        for number in range(3):
            layers.append(Residual(inputs, filters, 2 if number == 0 and filters > 16 else 1))
            inputs = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Conv2d(64, 10, 1), nn.Flatten())


NETWORKS = {
    "ocr": (ocr, 26, (1, 32, 32)),
    "lenet": (lenet, 10, (1, 28, 28)),
    "cifarVgg": (cifar_vgg, 10, (3, 32, 32)),
    "resnet20": (resnet20, 10, (3, 32, 32)),
}


def stepper(name):
    torch.manual_seed(0)
    make, classes, size = NETWORKS[name]
    network = make()
    solver = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005)
    loss = nn.CrossEntropyLoss()
    images = (256 if name == "ocr" else 1) * (torch.rand(100, *size) - 0.5)
    labels = torch.randint(0, classes, (100,))

    def step():
        solver.zero_grad()
        loss(network(images), labels).backward()
        solver.step()

    return step


print(json.dumps({"version": torch.__version__}), flush=True)
steppers = {}
for line in sys.stdin:
    name, threads, steps = line.split()
    torch.set_num_threads(int(threads))
    step = steppers.setdefault(name, None) or stepper(name)
    steppers[name] = step
    times = []
    for _ in range(int(steps)):
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps(times), flush=True)
