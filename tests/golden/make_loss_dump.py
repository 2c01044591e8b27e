"""Makes losses.safetensors: cross-entropy of classes, squared error and binary cross-entropy, values and gradients, as
PyTorch gives them in float64. Every input is a float32 number, so that a float32 test starts from the same point.
README.md, in this directory, lists the tensors.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tests/golden/make_loss_dump.py
"""

import torch
from torch.nn import functional

import dump_file

SEED = 11
UPSTREAM = 0.75  # the gradient of the loss
FAR = [0.0, -0.0, 20.0, -20.0, 89.0, -89.0, 710.0, -710.0, 1e4, -1e4, 1e-30, -1e-30]  # logits


def in_float32(x):
    return x.float().double()


def loss_and_gradients(function, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    loss = function(*inputs)
    (UPSTREAM * loss).backward()
    return [loss.detach().reshape(1)] + [x.grad for x in inputs]


def main():
    generator = torch.Generator().manual_seed(SEED)

    def random(*shape):
        return in_float32(torch.randn(*shape, generator=generator, dtype=torch.float64))

    scores = random(9, 33)
    scores[1] *= 0.001
    scores[2] = in_float32(scores[2] * 100)
    scores[3] = in_float32(scores[3] + 1000)
    scores[4] = 2.5
    scores[5, 17] = 500
    labels = torch.tensor([5, 0, int(scores[2].argmin()), 32, 1, 3, 17, 9, 17])
    tensors = {"softmax.scores": in_float32(scores), "softmax.labels": labels.int()}
    for name, smoothing in {"plain": 0.0, "smooth": 0.1}.items():
        tensors[f"softmax.{name}.loss"], tensors[f"softmax.{name}.dx"] = loss_and_gradients(
            lambda x: functional.cross_entropy(x, labels, label_smoothing=smoothing), tensors["softmax.scores"])

    tensors["squared.x"], tensors["squared.target"] = random(5, 3, 7), random(5, 3, 7)
    tensors["squared.loss"], tensors["squared.dx"], tensors["squared.dtarget"] = loss_and_gradients(
        functional.mse_loss, tensors["squared.x"], tensors["squared.target"])

    # Each far logit with the target that it is right for, the one that it is wrong for, and one in between.
    far = torch.tensor(FAR, dtype=torch.float64)
    logits = torch.cat([random(20) * 3, far, far, far])
    targets = torch.cat([torch.rand(20, generator=generator, dtype=torch.float64),
                         (far > 0).double(), (far <= 0).double(), torch.full((len(far),), 0.25, dtype=torch.float64)])
    tensors["binary.x"] = in_float32(logits).reshape(7, 8)
    tensors["binary.target"] = in_float32(targets).reshape(7, 8)
    tensors["binary.loss"], tensors["binary.dx"], tensors["binary.dtarget"] = loss_and_gradients(
        functional.binary_cross_entropy_with_logits, tensors["binary.x"], tensors["binary.target"])

    dump_file.save("losses.safetensors", tensors, {
        "made_by": "tests/golden/make_loss_dump.py", "torch": torch.__version__, "seed": SEED, "upstream": UPSTREAM,
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
