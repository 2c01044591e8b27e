"""Makes layers.safetensors: softmax, log-sum-exp, cross-entropy, tanh, sigmoid and ReLU, values and gradients, as
PyTorch gives them in float64. Every input is a float32 number, so that a float32 test starts from the same point.
README.md, in this directory, lists the tensors.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tests/golden/make_layer_dump.py
"""

import math

import torch
from torch.nn import functional

import dump_file

ROWS, COLUMNS = 9, 33
SEED = 7
INF, NAN = math.inf, math.nan
IGNORED = {"ignore0": 0, "keep": -100}  # the name of the case -> ignore_index; -100 is PyTorch's default: no target
ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}
SPECIAL = [0.0, -0.0, INF, -INF, NAN, 20.0, -20.0, 89.0, -89.0, 710.0, -710.0, 1e4, -1e4, 1e30, -1e30, 1e-30, -1e-30]


def in_float32(x):
    return x.float().double()


def value_and_gradient(function, x, dy):
    x = x.clone().requires_grad_()
    y = function(x)
    y.backward(dy)
    return y.detach(), x.grad


def rows_of_scores(generator):
    """Rows that a softmax finds awkward: small, large, shifted far out, all alike, with one giant, with -inf."""
    x = torch.randn(ROWS, COLUMNS, generator=generator, dtype=torch.float64)
    x[1] *= 0.001
    x[2] *= 100
    x[3] += 1000
    x[4] -= 1000
    x[5] = 2.5
    x[6, 17] = 500
    x[7, 1::3] = -INF
    return x


def main():
    generator = torch.Generator().manual_seed(SEED)

    def random(*shape):
        return in_float32(torch.randn(*shape, generator=generator, dtype=torch.float64))

    x = in_float32(rows_of_scores(generator))
    tensors = {"rows.x": x, "rows.dy": random(ROWS, COLUMNS), "rows.dl": random(ROWS)}
    tensors["softmax.y"], tensors["softmax.dx"] = value_and_gradient(lambda v: v.softmax(-1), x, tensors["rows.dy"])
    tensors["logsumexp.y"], tensors["logsumexp.dx"] = value_and_gradient(lambda v: v.logsumexp(-1), x,
                                                                         tensors["rows.dl"])

    # Row 1 and 5 have the target 0; the others a column that is not -inf; row 6 misses the giant, row 2 has a long way.
    target = torch.tensor([5, 0, int(x[2].argmin()), 32, 1, 0, 3, 9, 17])
    assert x[range(ROWS), target].isfinite().all()
    tensors["cross_entropy.target"] = target.int()
    for name, ignore_index in IGNORED.items():
        losses, dx = value_and_gradient(
            lambda v: functional.cross_entropy(v, target, ignore_index=ignore_index, reduction="none"), x,
            torch.ones(ROWS, dtype=torch.float64))
        tensors[f"cross_entropy.{name}.rows"] = losses
        tensors[f"cross_entropy.{name}.sum"] = functional.cross_entropy(
            x, target, ignore_index=ignore_index, reduction="sum").reshape(1)
        tensors[f"cross_entropy.{name}.dx"] = dx

    special_rows = torch.tensor([[1.0, INF, -2.0], [1.0, NAN, -2.0], [-INF, -INF, -INF], [-INF, 0.5, -INF],
                                 [INF, INF, 0.0], [1e38, 1e38, -1e38], [-0.0, 0.0, -0.0]], dtype=torch.float64)
    tensors["special_rows.x"] = special_rows
    tensors["softmax.special.y"] = special_rows.softmax(-1)
    tensors["logsumexp.special.y"] = special_rows.logsumexp(-1)

    points = {"": torch.linspace(-6, 6, 101, dtype=torch.float64), "special.": torch.tensor(SPECIAL, dtype=torch.float64)}
    for kind, x in points.items():
        x, dy = in_float32(x), random(len(x))
        tensors[f"activation.{kind}x"], tensors[f"activation.{kind}dy"] = x, dy
        for name, function in ACTIVATIONS.items():
            tensors[f"{name}.{kind}y"], tensors[f"{name}.{kind}dx"] = value_and_gradient(function, x, dy)

    dump_file.save("layers.safetensors", tensors, {
        "made_by": "tests/golden/make_layer_dump.py", "torch": torch.__version__, "seed": SEED,
        "ignore_index": IGNORED, "reduction": "cross_entropy.*.dx is the gradient of the sum over the rows",
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
