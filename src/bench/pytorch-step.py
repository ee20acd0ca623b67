"""Training steps in PyTorch, on request: pytorch-step.py NETWORK THREADS FORMAT [DEVICE]

Reads lines with a number of steps, and answers each with their milliseconds and the most memory that the process ever had, as JSON. The
same networks, batches, loss and solver as in Bell Pepper (networks.ts): SGD with momentum 0.9 and weight decay 0.0005, float32. FORMAT is "nchw" or
"channels_last", DEVICE "cpu", "cuda" (in float32 throughout) or "cuda-tf32" (matrix products rounded to TF32). Without arguments it says its version; a network that needs what is not installed is an error with one line.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

from pytorch_networks import NETWORKS


def stepper(name, form, device):
    torch.manual_seed(0)
    make, batch, classes, size = NETWORKS[name]
    network = make().to(device, memory_format=form).train()
    solver = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005)
    loss = nn.CrossEntropyLoss()
    images = ((256 if name == "ocr" else 1) * (torch.rand(batch, *size) - 0.5)).to(memory_format=form)
    labels = torch.randint(0, classes, (batch, *size[1:]) if name == "unet-128" else (batch,))

    def step():
        solver.zero_grad()
        objective = loss(network(images.to(device)), labels.to(device))
        objective.backward()
        solver.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return step


def answer(value):
    print(json.dumps(value), flush=True)


if len(sys.argv) < 4:
    answer({"version": torch.__version__})
    sys.exit()
name, threads, form, device = (sys.argv[1:] + ["cpu"])[:4]
torch.set_num_threads(int(threads))
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = device == "cuda-tf32"
torch.backends.cudnn.benchmark = True
started = time.perf_counter()
try:
    step = stepper(name, torch.channels_last if form == "channels_last" else torch.contiguous_format, device.split("-")[0])
    loaded = time.perf_counter()
    step()
except (ImportError, RuntimeError, AssertionError) as error:
    answer({"missing": str(error).splitlines()[0]})
    sys.exit()
first = time.perf_counter()
answer({"version": torch.__version__, "loaded": 1000 * (loaded - started), "first": 1000 * (first - loaded)})
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    answer({"times": times, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
