"""Makes regnet.safetensors: what torchvision's RegNet gives in float64 for weights and pictures that are a formula, so
that neither has to be kept. README.md, in this directory, gives the formula and lists the tensors.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch torchvision numpy safetensors
    /tmp/venv/bin/python tests/golden/make_regnet_dump.py
"""

import math

import numpy
import torch
import torchvision
from torchvision.models import regnet

import dump_file

SAMPLES = 8  # of every gradient and statistic
OUTPUT_SAMPLES = 256
ARCHITECTURES = ["regnet_x_400mf", "regnet_y_400mf"]
FAMILY = [f"regnet_{kind}_{size}" for kind in "xy" for size in
          ["400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf"]]
BATCHES = {64: 8, 112: 4, 224: 2}  # picture size -> N
# Pictures are taken where weights and pictures that are off by this much, eight times float32's rounding, change no
# gradient by more than that, in so many trials.
OFF, CONDITIONED, TRIALS, TRIES = 2**-21, 1e-4, 6, 1000
STEPS, STEP_BATCH, STEP_SIZE, STEP_RATE = 3, 8, 64, 1e-4


def mixed(name, count):
    """`count` 64-bit numbers: SplitMix64 from the FNV-1a hash of the name on."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    z = numpy.uint64(seed) + (numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def numbers(name, shape, scale, centre=0.0):
    """centre + scale u with u in [-1, 1) of 24 bits, rounded to float32."""
    count = math.prod(shape)
    u = (mixed(name, count) >> numpy.uint64(40)).astype(numpy.float64) / 2**23 - 1
    return torch.from_numpy((centre + scale * u).astype(numpy.float32).astype(numpy.float64)).reshape(shape)


def value_of(name, shape):
    if len(shape) == 4:
        return numbers(name, shape, math.sqrt(6 / (shape[0] * shape[2] * shape[3])))
    if name.endswith("running_mean"):
        return numbers(name, shape, 0.2)
    if name.endswith("running_var"):
        return numbers(name, shape, 0.5, 1.0)
    if name.endswith("bias"):
        return numbers(name, shape, 0.3)
    if name.endswith("f.c.1.weight"):
        # Blocks that change little: with larger ones PyTorch's own float32 gradients are 1e-2 off those in float64.
        return numbers(name, shape, 0.05, 0.1)
    return numbers(name, shape, 0.3, 1.0)


def make(architecture):
    model = getattr(torchvision.models, architecture)(weights=None).double()
    trunk = torch.nn.Sequential()
    trunk.add_module("stem", model.stem)
    trunk.add_module("trunk_output", model.trunk_output)
    state = {name: value_of(name, tuple(value.shape)) if value.is_floating_point() else value
             for name, value in trunk.state_dict().items()}
    trunk.load_state_dict(state)
    return trunk


def sampled(name, tensor, count):
    """The norm, then `count` elements at places that follow from the name."""
    flat = tensor.detach().reshape(-1).numpy()
    places = (mixed(name + " places", count) % numpy.uint64(flat.size)).astype(numpy.int64)
    return numpy.concatenate([[numpy.linalg.norm(flat)], flat[places]])


def run(trunk, pictures, label):
    trunk.zero_grad()
    output = trunk(pictures)
    (output * numbers(label, tuple(output.shape), 1.0)).sum().backward()
    return output


def gradients_of(trunk):
    return numpy.stack([sampled(name, p.grad, SAMPLES) for name, p in trunk.named_parameters()])


def well_conditioned(architecture, training, pictures, label, exact):
    """Whether float32 tells the gradients. A ReLU's input that is within rounding of zero has no gradient that numbers
    of 24 bits could tell, and of a million inputs some are: then it is chance on which side an implementation is. Here
    none of them reaches what is compared."""
    for trial in range(TRIALS):
        def off(name, value):
            return value * (1 + OFF * numbers(f"off {trial} {name}", tuple(value.shape), 1.0))
        trunk = make(architecture).train(training)
        with torch.no_grad():
            for name, p in trunk.named_parameters():
                p.copy_(off(name, p))
        run(trunk, off("pictures", pictures), label)
        error = numpy.abs(gradients_of(trunk) - exact).max(axis=1) / exact[:, 0]
        if error.max() > CONDITIONED:
            return False
    return True


def conditioned_run(architecture, training, size, label):
    """A name of pictures that are well conditioned, and the model after its run with them."""
    for number in range(TRIES):
        name = f"pictures {size}" + (f" {number}" if number else "")
        trunk = make(architecture).train(training)
        pictures = numbers(name, (BATCHES[size], 3, size, size), 2.0)
        output = run(trunk, pictures, label)
        if well_conditioned(architecture, training, pictures, label, gradients_of(trunk)):
            print(f"{label}: {name}", flush=True)
            return name, trunk, output
    raise SystemExit(f"{label}: none of {TRIES} batches of pictures is well conditioned")


def main():
    tensors, shapes, stages, pictures = {}, {}, {}, {}
    for architecture in FAMILY:
        model = getattr(torchvision.models, architecture)(weights=None)
        blocks = {}
        for name, module in model.trunk_output.named_modules():
            if isinstance(module, regnet.ResBottleneckBlock):
                stage = blocks.setdefault(name.split(".")[0], [0, 0, 0])
                convolution = module.f.b[0]
                stage[:] = [convolution.out_channels, stage[1] + 1, convolution.out_channels // convolution.groups]
        trunk = [p for name, p in model.named_parameters() if not name.startswith("fc")]
        stages[architecture] = {"stages": list(blocks.values()), "tensors": len(trunk),
                                "parameters": sum(p.numel() for p in trunk)}
    for architecture in ARCHITECTURES:
        for mode in ["train", "eval"]:
            for size in BATCHES:
                label = f"{architecture}.{mode}.{size}"
                pictures[label], trunk, output = conditioned_run(architecture, mode == "train", size, label)
                shapes[architecture] = [[name, list(p.shape)] for name, p in trunk.named_parameters()]
                tensors[label + ".output"] = sampled(label, output, OUTPUT_SAMPLES)
                tensors[label + ".gradients"] = gradients_of(trunk)
        trunk = make(architecture).train()
        for step in range(STEPS):
            run(trunk, numbers(f"step {step}", (STEP_BATCH, 3, STEP_SIZE, STEP_SIZE), 2.0), f"{architecture}.step {step}")
            with torch.no_grad():
                for p in trunk.parameters():
                    p -= STEP_RATE / STEP_BATCH * p.grad
        tensors[architecture + ".statistics"] = numpy.stack(
            [sampled(name, value, SAMPLES) for name, value in trunk.state_dict().items() if "running" in name])
    dump_file.save("regnet.safetensors", tensors,
                   {"torch": torch.__version__, "torchvision": torchvision.__version__, "shapes": shapes,
                    "family": stages, "pictures": pictures})


if __name__ == "__main__":
    main()
