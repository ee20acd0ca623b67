"""The networks of networks.ts in PyTorch: by name a function that makes it, its batch in training, its classes and its picture."""

import torch
from torch import nn
from torch.nn import functional


def characters(classes, last):
    """The lecture's network, and LeNet: they differ in their classes and in the size of their last filters."""
    return lambda: nn.Sequential(
        nn.Conv2d(1, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(50, 500, 4),
        nn.ReLU(),
        nn.Conv2d(500, classes, last),
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


def keras_cifar():
    def pair(inputs, filters):
        return [
            nn.Conv2d(inputs, filters, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]

    return nn.Sequential(
        *pair(3, 32), *pair(32, 64), nn.Conv2d(64, 512, 6), nn.ReLU(), nn.Conv2d(512, 10, 1), nn.Flatten()
    )


class UNet(nn.Module):
    def __init__(self, filters=(32, 64, 128, 256), bottom=512):
        super().__init__()

        def pair(inputs, count):
            layers = []
            for channels in (inputs, count):
                layers += [nn.Conv2d(channels, count, 3, padding=1, bias=False), nn.BatchNorm2d(count), nn.ReLU()]
            return nn.Sequential(*layers)

        self.down = nn.ModuleList(pair(i, f) for i, f in zip((3, *filters), filters))
        self.bottom = pair(filters[-1], bottom)
        above = (*filters[1:], bottom)
        self.wider = nn.ModuleList(nn.ConvTranspose2d(a, f, 2, stride=2) for a, f in zip(above, filters))
        self.up = nn.ModuleList(pair(2 * f, f) for f in filters)
        self.scores = nn.Conv2d(filters[0], 2, 1)

    def forward(self, x):
        kept = []
        for down in self.down:
            kept.append(down(x))
            x = functional.max_pool2d(kept[-1], 2)
        x = self.bottom(x)
        for level in reversed(range(len(kept))):
            x = self.up[level](torch.cat([kept[level], self.wider[level](x)], 1))
        return self.scores(x)


def torchvision_network(name):
    def make():
        from torchvision import models

        network = getattr(models, name)(weights=None)
        for module in network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        return network

    return make


def efficientnet_lite0():
    import timm

    return timm.create_model("tf_efficientnet_lite0", drop_rate=0.0)


NETWORKS = {
    "ocr": (characters(26, 2), 100, 26, (1, 32, 32)),
    "lenet": (characters(10, 1), 100, 10, (1, 28, 28)),
    "kerasCifar": (keras_cifar, 100, 10, (3, 32, 32)),
    "cifarVgg": (cifar_vgg, 100, 10, (3, 32, 32)),
    "resnet20": (resnet20, 100, 10, (3, 32, 32)),
    "resnet18-64": (torchvision_network("resnet18"), 16, 1000, (3, 64, 64)),
    "mobilenetV2-96": (torchvision_network("mobilenet_v2"), 16, 1000, (3, 96, 96)),
    "mobilenetV2-224": (torchvision_network("mobilenet_v2"), 8, 1000, (3, 224, 224)),
    "efficientnetLite0-224": (efficientnet_lite0, 8, 1000, (3, 224, 224)),
    "resnet50-224": (torchvision_network("resnet50"), 8, 1000, (3, 224, 224)),
    "unet-128": (UNet, 8, 2, (3, 128, 128)),
    "vgg16-224": (torchvision_network("vgg16"), 2, 1000, (3, 224, 224)),
}
