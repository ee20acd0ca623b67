"""Training steps in PyTorch, on request: pytorch-step.py NETWORK THREADS FORMAT

Reads lines with a number of steps, and answers each with their milliseconds and the most memory that the process ever had, as JSON. The
same networks, batches, loss and solver as in Bell Pepper (networks.ts): SGD with momentum 0.9 and weight decay 0.0005, float32. FORMAT is "nchw" or
"channels_last". Without arguments it says its version; a network that needs what is not installed is an error with one line.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

from pytorch_networks import NETWORKS


def stepper(name, form):
    torch.manual_seed(0)
    make, batch, classes, size = NETWORKS[name]
    network = make().to(memory_format=form).train()
    solver = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005)
    loss = nn.CrossEntropyLoss()
    images = ((256 if name == "ocr" else 1) * (torch.rand(batch, *size) - 0.5)).to(memory_format=form)
    labels = torch.randint(0, classes, (batch, *size[1:]) if name == "unet-128" else (batch,))

    def step():
        solver.zero_grad()
        loss(network(images), labels).backward()
        solver.step()

    return step


def answer(value):
    print(json.dumps(value), flush=True)


if len(sys.argv) < 4:
    answer({"version": torch.__version__})
    sys.exit()
name, threads, form = sys.argv[1:4]
torch.set_num_threads(int(threads))
started = time.perf_counter()
try:
    step = stepper(name, torch.channels_last if form == "channels_last" else torch.contiguous_format)
except ImportError as error:
    answer({"missing": str(error)})
    sys.exit()
answer({"version": torch.__version__, "loaded": 1000 * (time.perf_counter() - started)})
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    answer({"times": times, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
