"""What others do with a small data set: a small network of PyTorch's, nearest neighbours and a support vector machine on pixels.

    python baselines.py FOLDER [SEED …]     # FOLDER has list-SEED.csv, as sets.js makes it

Prints a line of JSON for each method and seed: its error on the test pictures, in per cent, and the seconds that it took.
Needs torch, scikit-learn and pillow.
"""

import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from torch import nn

torch.set_num_threads(1)


def load(folder, seed):
    """Pictures as bytes, N×C×H×W, and labels, of the parts "train" and "test"."""
    rows = list(csv.DictReader(open(folder / f"list-{seed}.csv")))
    classes = sorted({row["label"] for row in rows})
    parts = {}
    for part in ("train", "test"):
        own = [row for row in rows if row["split"] == part]
        pictures = [Image.open(folder / row["path"]) for row in own]
        mode = "L" if all(picture.mode in ("L", "1") for picture in pictures) else "RGB"
        stacked = np.stack([np.atleast_3d(np.array(picture.convert(mode))) for picture in pictures])
        labels = np.array([classes.index(row["label"]) for row in own])
        parts[part] = stacked.transpose(0, 3, 1, 2), labels
    return parts, len(classes)


def jitter(x):
    """Turned by up to 10°, shifted by up to 8 %, scaled by up to 10 %."""
    n = len(x)
    angle = (torch.rand(n) * 2 - 1) * np.pi / 18
    scale = 1 + (torch.rand(n) * 2 - 1) * 0.1
    shift = (torch.rand(n, 2) * 2 - 1) * 0.16
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    maps = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    grid = nn.functional.affine_grid(maps, x.shape, align_corners=False)
    return nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def network(channels, side, classes):
    layers = []
    for width in (32, 64, 128):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
        channels, side = width, side // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(channels * side * side, classes))


def convolutional(parts, classes, seed, epochs=20, batch=64):
    """AdamW with a rate of 0.001 that falls along a half cosine, on all training pictures; the last epoch counts."""
    torch.manual_seed(seed)
    (x, y), (test_x, test_y) = ((torch.tensor(x), torch.tensor(y)) for x, y in (parts["train"], parts["test"]))
    mean, deviation = x.float().mean((0, 2, 3), keepdim=True), x.float().std()
    model = network(x.shape[1], x.shape[2], classes)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    steps = -(-len(x) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for chosen in order.split(batch):
            if len(chosen) < 2:
                continue
            loss = nn.functional.cross_entropy(model(jitter((x[chosen].float() - mean) / deviation)), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        found = torch.cat([model((part.float() - mean) / deviation).argmax(1) for part in test_x.split(256)])
    return 100 * (found != test_y).double().mean().item()


def on_pixels(estimator, settings):
    """The settings are chosen by three-fold cross-validation of the training pictures."""

    def run(parts, *_):
        (x, y), (test_x, test_y) = ((x.reshape(len(x), -1) / 255.0, y) for x, y in (parts["train"], parts["test"]))
        return 100 * np.mean(GridSearchCV(estimator, settings, cv=3).fit(x, y).predict(test_x) != test_y)

    return run


METHODS = {
    "cnn": convolutional,
    "k-nn": on_pixels(KNeighborsClassifier(), {"n_neighbors": [1, 3, 5, 9]}),
    "svm": on_pixels(SVC(), {"C": [1, 10, 100]}),
}

folder = Path(sys.argv[1])
for seed in map(int, sys.argv[2:] or [1, 2, 3, 4, 5]):
    parts, classes = load(folder, seed)
    for method, run in METHODS.items():
        begun = time.perf_counter()
        error = run(parts, classes, seed)
        seconds = time.perf_counter() - begun
        print(json.dumps({"seed": seed, "method": method, "error": error, "seconds": seconds}), flush=True)
