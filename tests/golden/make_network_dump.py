"""Makes networks.safetensors: a convolutional and a recurrent classifier as PyTorch trains them in float64: parameters to
begin with (in dlcore's names and layouts), a batch, its scores, and the losses of six steps of AdamW on it.
README.md, in this directory, lists the tensors.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tests/golden/make_network_dump.py
"""

import torch
from torch import nn
from torch.nn import functional

import dump_file

SEED = 12
STEPS = 6


class Convolutional(nn.Module):
    """Of pictures (N, 2, 8, 6)."""

    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.Conv2d(6, 6, 3, padding=1, bias=False)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(6), nn.BatchNorm2d(6)])
        self.fc1, self.fc2 = nn.Conv2d(6, 2, 1), nn.Conv2d(2, 6, 1)
        self.hidden, self.scores = nn.Linear(6 * 4 * 3, 5), nn.Linear(5, 3)

    def forward(self, x):
        stem = functional.relu(self.norms[0](self.convolutions[0](x)))
        y = self.norms[1](self.convolutions[1](stem))
        gate = torch.sigmoid(self.fc2(functional.relu(self.fc1(y.mean((2, 3), keepdim=True)))))
        y = functional.max_pool2d(functional.relu(gate * y + stem), 2)
        return self.scores(torch.tanh(self.hidden(y.flatten(1))))

    def dump(self):
        tensors = {"squeezed.fc1.weight": self.fc1.weight, "squeezed.fc1.bias": self.fc1.bias,
                   "squeezed.fc2.weight": self.fc2.weight, "squeezed.fc2.bias": self.fc2.bias,
                   "hidden.weight": self.hidden.weight.T, "hidden.bias": self.hidden.bias,
                   "scores.weight": self.scores.weight.T, "scores.bias": self.scores.bias}
        for name, convolution, norm in zip(("stem", "second"), self.convolutions, self.norms):
            tensors |= {f"{name}.0.weight": convolution.weight, f"{name}.1.weight": norm.weight,
                        f"{name}.1.bias": norm.bias, f"{name}.1.running_mean": norm.running_mean,
                        f"{name}.1.running_var": norm.running_var}
        return tensors


class Recurrent(nn.Module):
    """Of sequences (N, 7, 3)."""

    def __init__(self):
        super().__init__()
        self.cell, self.scores = nn.LSTM(3, 5, batch_first=True), nn.Linear(5, 3)
        nn.init.zeros_(self.cell.bias_hh_l0)
        self.cell.bias_hh_l0.requires_grad_(False)

    def forward(self, x):
        return self.scores(self.cell(x)[0][:, -1])

    def dump(self):
        def gates(x):  # PyTorch: i, f, g, o; dlcore: i, f, o, g
            i, f, g, o = x.chunk(4)
            return torch.cat([i, f, o, g])

        return {"cell.Wx": gates(self.cell.weight_ih_l0).T, "cell.Wh": gates(self.cell.weight_hh_l0).T,
                "cell.b": gates(self.cell.bias_ih_l0), "scores.weight": self.scores.weight.T,
                "scores.bias": self.scores.bias}


def main():
    torch.manual_seed(SEED)
    tensors = {}
    for name, network, shape in (("convolutional", Convolutional(), (5, 2, 8, 6)), ("recurrent", Recurrent(), (5, 7, 3))):
        network = network.double()
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.requires_grad:  # others than they usually begin with, biases and scales too
                    parameter.add_(0.1 * torch.randn_like(parameter))
        x, labels = torch.randn(shape, dtype=torch.float64), torch.tensor([2, 0, 1, 1, 2])
        for key, value in network.dump().items():
            tensors[f"{name}.{key}"] = value.detach().clone().contiguous()
        tensors[f"{name}.x"] = x.movedim(1, -1).contiguous() if x.dim() == 4 else x
        tensors[f"{name}.labels"] = labels.int()
        optimizer = torch.optim.AdamW((p for p in network.parameters() if p.requires_grad), lr=0.03, weight_decay=0.1)
        losses = []
        for step in range(STEPS):
            scores = network(x)
            if step == 0:
                tensors[f"{name}.scores_of_x"] = scores.detach().clone()
            loss = functional.cross_entropy(scores, labels, label_smoothing=0.1)
            losses.append(loss.detach())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        tensors[f"{name}.losses"] = torch.stack(losses)
        network.eval()  # by the running statistics that training left
        tensors[f"{name}.scores_after"] = network(x).detach()
    dump_file.save("networks.safetensors", tensors, {
        "made_by": "tests/golden/make_network_dump.py", "torch": torch.__version__, "seed": SEED, "steps": STEPS,
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
