"""Makes optimizers.safetensors: SGD, Adam, AdamW and the clipping of the gradient's norm as PyTorch does them.

p = linspace(-1, 1, 37); the gradient of step k = 0..7 is sin(0.7 i + k), i = 0..36; learning rate 1e-2; float64.
README.md, in this directory, lists the tensors. The gradients are stored as well, so that nobody depends on the last
bit of a sine.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tests/golden/make_optimizer_dump.py
"""

import torch
from torch import nn

import dump_file

SIZE, STEPS, LEARNING_RATE = 37, 8, 1e-2

VARIANTS = {
    "sgd": (torch.optim.SGD, {}),
    "sgd_momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "sgd_nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "sgd_momentum_decay": (torch.optim.SGD, {"momentum": 0.9, "dampening": 0.0, "weight_decay": 1e-2}),
    "adam": (torch.optim.Adam, {}),
    "adam_decay": (torch.optim.Adam, {"weight_decay": 1e-2}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 1e-2}),
    "adamw_betas": (torch.optim.AdamW, {"weight_decay": 1e-2, "betas": (0.8, 0.95), "eps": 1e-6}),
}
HYPER_PARAMETERS = ("lr", "momentum", "dampening", "nesterov", "betas", "eps", "weight_decay")


def run(kind, options, initial, gradients):
    parameter = nn.Parameter(initial.clone())
    optimizer = kind([parameter], lr=LEARNING_RATE, **options)
    steps = []
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
        steps.append(parameter.detach().clone())
    used = {key: value for key, value in optimizer.defaults.items() if key in HYPER_PARAMETERS}
    return torch.stack(steps), {"name": kind.__name__} | used


def clip(gradient, max_norm):
    """clip_grad_norm_ over two parameters that share the gradient: the norm is the norm of all of it."""
    parts = [nn.Parameter(torch.zeros_like(part)) for part in gradient.split([20, SIZE - 20])]
    for part, value in zip(parts, gradient.split([20, SIZE - 20])):
        part.grad = value.clone()
    norm = nn.utils.clip_grad_norm_(parts, max_norm)
    return norm, torch.cat([part.grad for part in parts])


def main():
    index = torch.arange(SIZE, dtype=torch.float64)
    initial = torch.linspace(-1, 1, SIZE, dtype=torch.float64)
    gradients = torch.stack([torch.sin(0.7 * index + step) for step in range(STEPS)])
    tensors = {"initial": initial, "gradients": gradients}
    metadata = {"made_by": "tests/golden/make_optimizer_dump.py", "torch": torch.__version__, "steps": STEPS}
    for name, (kind, options) in VARIANTS.items():
        tensors[name], metadata[name] = run(kind, options, initial, gradients)

    gradient = 3 * gradients[0]
    tensors["clip.gradient"] = gradient
    tensors["clip.norm"] = torch.linalg.vector_norm(gradient).reshape(1)
    for name, max_norm in {"below": 1.0, "equal": tensors["clip.norm"].item(), "above": 100.0}.items():
        norm, clipped = clip(gradient, max_norm)
        torch.testing.assert_close(norm.reshape(1), tensors["clip.norm"], rtol=1e-15, atol=0)
        tensors[f"clip.{name}.max_norm"] = torch.tensor([max_norm], dtype=torch.float64)
        tensors[f"clip.{name}.gradient"] = clipped
    metadata["clip"] = "torch.nn.utils.clip_grad_norm_: gradient * min(1, max_norm / (norm + 1e-6))"
    dump_file.save("optimizers.safetensors", tensors, metadata)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
