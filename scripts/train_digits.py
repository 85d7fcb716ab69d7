#!/usr/bin/env python3
"""Trains a small network on scikit-learn's digits and saves the activations of every layer at several checkpoints.

The network is a multilayer perceptron with nine tanh layers and a linear head, in NumPy, trained with Adam on the cross entropy. The
activations are those of the held-out images, always the same rows in the same order:

    OUTPUT/labels.npy                               true digit of each row
    OUTPUT/epoch_E/model.safetensors.index.json     one folder per checkpoint: two shards and their index
    OUTPUT/README.md                                provenance, licence, accuracy, shapes
    OUTPUT_npz/epoch_E.npz                          the same numbers, widened to float32

layers.0 is the image as the network sees it (pixels / 16), layers.1 .. layers.9 are the hidden layers and layers.10 the logits. Hidden
layers are stored in bfloat16, as large models store theirs, image and logits in float32.

    python scripts/train_digits.py                  writes notebooks/data/digits and notebooks/data/digits_npz again

Needs numpy, scikit-learn, safetensors and ml_dtypes. One seed gives the same run on one machine; another BLAS rounds differently, so
another machine's activations agree only roughly, the more so the longer the training.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Iterator
from itertools import pairwise
from shlex import quote
from typing import Any

try:
    import ml_dtypes
    import numpy as np
    from numpy.typing import NDArray
    from safetensors.numpy import save_file
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
except ImportError as error:
    raise SystemExit(f"{error}; install it with: {sys.executable} -m pip install numpy scikit-learn safetensors ml_dtypes") from None

Floats = NDArray[np.float64]
DEFAULT_OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "notebooks" / "data" / "digits"


class Network:
    """Fully connected layers, tanh between them, trained with Adam."""

    def __init__(self, widths: list[int], rng: np.random.Generator) -> None:
        # Glorot's bound keeps the variance of activations and gradients through tanh layers.
        self.weights = [rng.uniform(-1.0, 1.0, (a, b)) * np.sqrt(6.0 / (a + b)) for a, b in pairwise(widths)]
        self.biases = [np.zeros(b) for b in widths[1:]]
        self._moments = [(np.zeros_like(p), np.zeros_like(p)) for p in self.weights + self.biases]
        self._steps = 0

    def activations(self, x: Floats) -> list[Floats]:
        """Input, each hidden layer, logits."""
        layers = [x]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(np.tanh(layers[-1] @ weight + bias))
        layers.append(layers[-1] @ self.weights[-1] + self.biases[-1])
        return layers

    def step(self, x: Floats, y: NDArray[np.int64], rate: float) -> None:
        layers = self.activations(x)
        shifted = np.exp(layers[-1] - layers[-1].max(axis=1, keepdims=True))
        delta = shifted / shifted.sum(axis=1, keepdims=True)  # d cross-entropy / d logits = softmax - onehot
        delta[np.arange(len(y)), y] -= 1.0
        delta /= len(y)
        weight_gradients: list[Floats] = []
        bias_gradients: list[Floats] = []
        for depth in reversed(range(len(self.weights))):
            weight_gradients.insert(0, layers[depth].T @ delta)
            bias_gradients.insert(0, delta.sum(axis=0))
            delta = (delta @ self.weights[depth].T) * (1.0 - layers[depth] ** 2)
        self._adam(weight_gradients + bias_gradients, rate)

    def _adam(self, gradients: list[Floats], rate: float, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self._steps += 1
        step = rate * np.sqrt(1.0 - beta2**self._steps) / (1.0 - beta1**self._steps)
        for parameter, gradient, (mean, square) in zip(self.weights + self.biases, gradients, self._moments, strict=True):
            mean += (1.0 - beta1) * (gradient - mean)
            square += (1.0 - beta2) * (gradient**2 - square)
            parameter -= step * mean / (np.sqrt(square) + 1e-8)


def train(options: argparse.Namespace) -> Iterator[tuple[int, float, list[Floats], NDArray[np.int64]]]:
    """Yields (epoch, test accuracy, activations, labels) at each checkpoint."""
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data / 16.0, digits.target, test_size=options.rows, stratify=digits.target, random_state=options.seed
    )
    rng = np.random.default_rng(options.seed)
    network = Network([64] + [options.width] * 9 + [10], rng)
    for epoch in range(max(options.epochs) + 1):
        if epoch > 0:
            order = rng.permutation(len(x_train))
            for rows in np.array_split(order, len(order) // options.batch):
                network.step(x_train[rows], y_train[rows], options.rate)
        if epoch in options.epochs:
            layers = network.activations(x_test)
            yield epoch, float(np.mean(layers[-1].argmax(axis=1) == y_test)), layers, y_test


def save_checkpoint(folder: pathlib.Path, npz: pathlib.Path, layers: list[Floats], facts: dict[str, object]) -> None:
    stored = {}
    for depth, values in enumerate(layers):
        hidden = 0 < depth < len(layers) - 1
        stored[f"layers.{depth}"] = values.astype(ml_dtypes.bfloat16 if hidden else np.float32)

    folder.mkdir(parents=True, exist_ok=True)
    names = list(stored)
    shards = [names[: len(names) // 2], names[len(names) // 2 :]]
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        save_file({name: stored[name] for name in shard}, folder / file, metadata={"epoch": str(facts["epoch"])})
        weight_map.update(dict.fromkeys(shard, file))
    index = {"metadata": facts | {"total_size": sum(v.nbytes for v in stored.values())}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")

    npz.parent.mkdir(parents=True, exist_ok=True)
    widened: dict[str, Any] = {name: values.astype(np.float32) for name, values in stored.items()}
    np.savez_compressed(npz, **widened)


README = """# Activations of a small network on handwritten digits

Written by `scripts/train_digits.py{arguments}`; run it to write them again.

**Network.** 64 inputs, nine tanh layers of {width} units, 10 logits; NumPy, Adam (rate {rate}), batches of {batch}, seed {seed}.
Trained on {train} images; the {rows} rows saved here are held-out images, stratified by digit, in the same order everywhere.

**Files.** `labels.npy` is the true digit of each row. Each `epoch_E/` is one checkpoint: two safetensors shards and their index.
`../{npz}/epoch_E.npz` holds the same numbers widened to float32.

| tensor | what | shape | stored as |
|---|---|---|---|
| `layers.0` | image, pixels / 16 | {rows} x 64 | float32 |
| `layers.1` .. `layers.9` | hidden layers, after tanh | {rows} x {width} | bfloat16 |
| `layers.10` | logits | {rows} x 10 | float32 |

| checkpoint | accuracy on these rows |
|---|---|
{accuracies}

**Data and licence.** The images come from `sklearn.datasets.load_digits`, which is the test part of *Optical Recognition of Handwritten
Digits* by E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, licensed under
[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). Changes: pixels divided by 16, a subset of rows, and the activations computed
from them. The activations are offered under the same licence.
"""


def write_readme(folder: pathlib.Path, npz: pathlib.Path, accuracies: dict[int, float], options: argparse.Namespace) -> None:
    given = "".join(f" --{key} {value}" for key, value in shown_arguments(options))
    text = README.format(
        arguments=given,
        width=options.width,
        rate=options.rate,
        batch=options.batch,
        seed=options.seed,
        train=len(load_digits().target) - options.rows,
        rows=options.rows,
        npz=npz.name,
        accuracies="\n".join(f"| `epoch_{epoch}` | {100 * a:.1f} % |" for epoch, a in accuracies.items()),
    )
    (folder / "README.md").write_text(text)


def shown_arguments(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The options that differ from the defaults, without the folder."""
    for key, default in vars(parser().parse_args([])).items():
        value = getattr(options, key)
        if key != "output" and value != default:
            yield key, " ".join(map(str, value)) if isinstance(value, list) else str(value)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    p.add_argument("--output", type=pathlib.Path, default=DEFAULT_OUTPUT, help="folder to write (default: the shipped copy)")
    p.add_argument("--epochs", type=int, nargs="+", default=[0, 1, 3, 10, 30], help="checkpoints (default: 0 1 3 10 30)")
    p.add_argument("--rows", type=int, default=360, help="held-out images whose activations are saved (default: 360)")
    p.add_argument("--width", type=int, default=32, help="units of each hidden layer (default: 32)")
    p.add_argument("--batch", type=int, default=32, help="images per training step (default: 32)")
    p.add_argument("--rate", type=float, default=0.002, help="Adam's learning rate (default: 0.002)")
    p.add_argument("--seed", type=int, default=0, help="of the split, the initial weights and the batches (default: 0)")
    return p


def main() -> int:
    options = parser().parse_args()
    if min(options.epochs) < 0:
        print(f"--epochs: every epoch must be >= 0, got {min(options.epochs)}", file=sys.stderr)
        return 2
    folder = options.output
    npz = folder.with_name(folder.name + "_npz")
    accuracies = {}
    for epoch, accuracy, layers, labels in train(options):
        accuracies[epoch] = accuracy
        facts = {"epoch": epoch, "test_accuracy": round(accuracy, 4), "seed": options.seed}
        save_checkpoint(folder / f"epoch_{epoch}", npz / f"epoch_{epoch}.npz", layers, facts)
        np.save(folder / "labels.npy", labels.astype(np.int64))
        print(f"epoch {epoch:3d}  accuracy {100 * accuracy:5.1f} %  -> {folder / f'epoch_{epoch}'}")
    write_readme(folder, npz, accuracies, options)
    size = sum(f.stat().st_size for root in (folder, npz) for f in root.rglob("*") if f.is_file())
    print(f"{size / 1e6:.2f} MB written. Next: entrospect run {quote(str(folder))} --labels {quote(str(folder / 'labels.npy'))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
