"""Makes captioner_rnn.safetensors and captioner_lstm.safetensors: the whole captioner in PyTorch, as the numbers that
dlcore must give. README.md, in this directory, lists the tensors.

The model is built from PyTorch's own modules, in float64; what is stored is in dlcore's conventions:

* Linear weights (in, out), y = x W + b (PyTorch: (out, in));
* cells: Wx (D, G H), Wh (H, G H), one bias b (G H), with G = 1 for the RNN and 4 for the LSTM, whose gates stand in the
  order i, f, o, g (PyTorch: (G H, D), order i, f, g, o, and two biases. The second one is zero and frozen here, so that
  AdamW moves one bias, not two).

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tests/golden/make_torch_dump.py
"""

import torch
from torch import nn
from torch.nn import functional

import dump_file

SEED = 6  # greedy decoding then differs from row to row and passes <END>, for both cells
N, T, D_FEATURE, WORDVEC, HIDDEN, VOCABULARY = 6, 9, 12, 8, 16, 23
NULL, START, END = 0, 1, 2
LENGTHS = [7, 10, 3, 9, 2, 5]  # tokens, <START> and <END> included: no two alike, one full, one without a word
STEPS, LEARNING_RATE = 10, 1e-2
GREEDY_STEPS = 10

GATES = {"rnn": [0], "lstm": [0, 1, 3, 2]}  # dlcore's gate k is PyTorch's gate GATES[cell][k]


class Captioner(nn.Module):
    """features (N, D) -> project -> h0 (c0 = 0); embedded words -> cell -> score -> (N, T, V)."""

    def __init__(self, cell):
        super().__init__()
        self.is_lstm = cell == "lstm"
        self.project = nn.Linear(D_FEATURE, HIDDEN)
        self.embed = nn.Embedding(VOCABULARY, WORDVEC)  # no padding_idx: <NULL> is a word like any other
        self.cell = (nn.LSTM if self.is_lstm else nn.RNN)(WORDVEC, HIDDEN, batch_first=True)
        self.score = nn.Linear(HIDDEN, VOCABULARY)
        self.cell.bias_hh_l0.requires_grad_(False)

    def start(self, features):
        h0 = self.project(features).unsqueeze(0)
        return (h0, torch.zeros_like(h0)) if self.is_lstm else h0

    def forward(self, features, words):
        hidden, _ = self.cell(self.embed(words), self.start(features))
        return self.score(hidden)

    def loss(self, features, captions):
        """The sum of the cross-entropy over all targets that aren't <NULL>, divided by N."""
        scores = self.forward(features, captions[:, :-1])
        return functional.cross_entropy(scores.reshape(-1, VOCABULARY), captions[:, 1:].reshape(-1),
                                        ignore_index=NULL, reduction="sum") / len(captions)

    @torch.no_grad()
    def greedy(self, features, steps):
        """The likeliest word, fed back `steps` times after <START>; goes on behind <END>. Also the smallest gap
        between the first and the second choice, which says how firm these choices are."""
        state, words, chosen, gap = self.start(features), torch.full((len(features), 1), START), [], float("inf")
        for _ in range(steps):
            hidden, state = self.cell(self.embed(words), state)
            best = self.score(hidden).topk(2, dim=-1)
            gap = min(gap, (best.values[..., 0] - best.values[..., 1]).min().item())
            words = best.indices[..., 0]
            chosen.append(words)
        return torch.cat(chosen, dim=1), gap


def reorder(tensor, cell):
    """PyTorch's order of gates -> dlcore's, along dimension 0."""
    parts = tensor.chunk(len(GATES[cell]), dim=0)
    return torch.cat([parts[k] for k in GATES[cell]], dim=0)


def in_dlcore_layout(model, cell, read):
    """name -> tensor in dlcore's conventions; `read` takes the value or the gradient from a parameter."""
    return {
        "project.weight": read(model.project.weight).T,
        "project.bias": read(model.project.bias),
        "embed.weight": read(model.embed.weight),
        "cell.Wx": reorder(read(model.cell.weight_ih_l0), cell).T,
        "cell.Wh": reorder(read(model.cell.weight_hh_l0), cell).T,
        "cell.b": reorder(read(model.cell.bias_ih_l0), cell),
        "score.weight": read(model.score.weight).T,
        "score.bias": read(model.score.bias),
    }


def randn(shape, generator, scale=1.0):
    """Rounded to float32, so that a float32 test starts from the very same numbers."""
    return (scale * torch.randn(shape, generator=generator, dtype=torch.float64)).float().double()


def initialise(model, generator):
    """2 randn / sqrt(fan_in) for weights, randn for words, 0.3 randn for biases: no gradient is tiny, and greedy
    decoding does not settle on one word."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "cell.bias_hh_l0":
                scale = 0.0
            elif parameter.dim() == 1:
                scale = 0.3
            elif name == "embed.weight":
                scale = 1.0
            else:
                scale = 2 / parameter.shape[1] ** 0.5
            parameter.copy_(randn(parameter.shape, generator, scale))


def make_batch(generator):
    features = randn((N, D_FEATURE), generator)
    captions = torch.full((N, T + 1), NULL)
    for row, length in enumerate(LENGTHS):
        captions[row, 0] = START
        captions[row, 1:length - 1] = torch.randint(3, VOCABULARY, (length - 2,), generator=generator)
        captions[row, length - 1] = END
    return features, captions


def make(cell):
    generator = torch.Generator().manual_seed(SEED)
    features, captions = make_batch(generator)
    model = Captioner(cell).double()
    initialise(model, generator)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE)

    tensors = {"features": features, "captions": captions.int()}
    tensors |= {f"initial.{key}": value.clone() for key, value in
                in_dlcore_layout(model, cell, lambda parameter: parameter.detach()).items()}
    with torch.no_grad():
        tensors["scores"] = model(features, captions[:, :-1])
    words, gap = model.greedy(features, GREEDY_STEPS)
    tensors["greedy"] = words.int()

    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        features_of_step = features.clone().requires_grad_()
        loss = model.loss(features_of_step, captions)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            tensors["grad.features"] = features_of_step.grad
            tensors |= {f"grad.{key}": value.clone() for key, value in
                        in_dlcore_layout(model, cell, lambda parameter: parameter.grad).items()}
        optimizer.step()
    with torch.no_grad():
        losses.append(model.loss(features, captions).item())
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    tensors |= {f"after10.{key}": value for key, value in
                in_dlcore_layout(model, cell, lambda parameter: parameter.detach()).items()}
    assert not model.cell.bias_hh_l0.any()

    settings = {key: value for key, value in optimizer.defaults.items() if key in ("lr", "betas", "eps", "weight_decay")}
    dump_file.save(f"captioner_{cell}.safetensors", tensors, {
        "made_by": "tests/golden/make_torch_dump.py", "torch": torch.__version__, "seed": SEED, "cell": cell,
        "N": N, "T": T, "feature_dim": D_FEATURE, "wordvec_dim": WORDVEC, "hidden_dim": HIDDEN,
        "vocabulary": VOCABULARY, "null": NULL, "start": START, "end": END, "lengths": LENGTHS,
        "loss": "sum of the cross-entropy over targets other than <NULL>, divided by N",
        "layout": "Linear (in, out); Wx (D, G H), Wh (H, G H), b (G H); LSTM gates i, f, o, g",
        "optimizer": {"name": "AdamW", "steps": STEPS} | settings,
    })
    print(f"  loss {losses[0]:.12f} -> {losses[-1]:.12f}; smallest gap between greedy's first two choices {gap:.2g}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for cell_name in ("rnn", "lstm"):
        make(cell_name)
