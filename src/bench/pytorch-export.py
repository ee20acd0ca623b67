"""A network of PyTorch as an ONNX file: pytorch-export.py NETWORK BATCH FILE

The same networks as in Bell Pepper (networks.ts), for use, by torch.onnx.export as it comes, for batches of BATCH pictures. Says as JSON how many multiply-adds
the convolutions and fully connected layers of a picture are; what is not installed is said in its place.
"""

import json
import sys
import warnings

import torch
from torch import nn

from pytorch_networks import NETWORKS


def multiply_adds(network, images):
    counts = []

    def count(module, inputs, output):
        if isinstance(module, nn.ConvTranspose2d):
            counts.append(inputs[0].numel() * module.weight[0].numel())
        else:
            counts.append(output.numel() * module.weight[0].numel())

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            module.register_forward_hook(count)
    network(images)
    return sum(counts)


def export(name, batch, file):
    make, _, _, size = NETWORKS[name]
    torch.manual_seed(0)
    network = make().eval()
    # the exporter tells of what it does on the standard output, where the answer goes
    torch.onnx.export(network, (torch.rand(batch, *size),), file, external_data=False, verbose=False)
    with torch.no_grad():
        return multiply_adds(network, torch.rand(1, *size))


warnings.filterwarnings("ignore")
name, batch, file = sys.argv[1:4]
answer = sys.stdout
sys.stdout = sys.stderr
try:
    result = {"multiplyAdds": export(name, int(batch), file)}
except ImportError as error:
    result = {"missing": f"{error} (pip install onnxscript)"}
print(json.dumps(result), file=answer, flush=True)
