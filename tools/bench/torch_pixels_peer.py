#!/usr/bin/env python3
"""PyTorch's side of training from pixels: RegNet-X 400MF and an LSTM on a data file of dlcore_prepare coco, as
models/captioning_lstm_e2e.yaml with flips, dropout 0.5 and an encoder rate of 5e-4 has it: 250 captions of 50 pictures a
step, random pieces of 112 pixels, the features batch-normalised, AdamW, gradients clipped at 1.

Prints a JSON line per epoch: epoch, seconds (of training), train_loss, val_loss, val_loss_shuffled (with the pictures
exchanged). Usage: torch_pixels_peer.py DATA.h5 [--epochs 2] [--threads 2] [--channels-last]
Needs: pip install torch torchvision h5py numpy
"""
import argparse, json, time

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

CROP, PICTURES, CAPTIONS = 112, 50, 250
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], "f"), np.array([0.229, 0.224, 0.225], "f")


class Captioner(nn.Module):
    def __init__(self, words, wordvec=256, hidden=512):
        super().__init__()
        net = torchvision.models.regnet_x_400mf()
        self.encoder = nn.Sequential(net.stem, net.trunk_output, nn.Flatten(), nn.BatchNorm1d(6400, affine=False))
        self.project, self.embed = nn.Linear(6400, hidden), nn.Embedding(words, wordvec)
        self.cell, self.score, self.drop = nn.LSTM(wordvec, hidden, batch_first=True), nn.Linear(hidden, words), nn.Dropout(0.5)

    def forward(self, features, captions):
        h = self.project(features).unsqueeze(0)
        y, _ = self.cell(self.drop(self.embed(captions[:, :-1])), (h, torch.zeros_like(h)))
        scores = self.score(self.drop(y)).flatten(0, 1)
        return F.cross_entropy(scores, captions[:, 1:].flatten(), ignore_index=0, reduction="sum") / len(captions)


def pieces(pictures, random):
    """Pieces of the pictures, at random places and turned over half of the time, or from the middle."""
    result = np.empty((len(pictures), CROP, CROP, 3), "f")
    for i, picture in enumerate(pictures):
        room = picture.shape[0] - CROP
        y, x = (random.integers(room + 1, size=2) if random else (room // 2, room // 2))
        piece = picture[y:y + CROP, x:x + CROP]
        result[i] = piece[:, ::-1] if random and random.integers(2) else piece
    return torch.from_numpy(((result / 255 - MEAN) / DEVIATION).transpose(0, 3, 1, 2).copy())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    with h5py.File(a.data) as file:
        splits = {}
        for name in ("train", "val"):
            group = file[name]
            order = np.argsort(group["image_idxs"][:], kind="stable").reshape(-1, 5)  # five captions of each picture
            splits[name] = group["images"][:], torch.from_numpy(group["captions"][:].astype("i8"))[order]
        words = int(max(captions.max() for _, captions in splits.values())) + 1
    model = Captioner(words)
    layout = torch.channels_last if a.channels_last else torch.contiguous_format
    model.encoder.to(memory_format=layout)
    encoder = list(model.encoder.parameters())
    others = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    optimizer = torch.optim.AdamW([{"params": encoder, "lr": 5e-4}, {"params": others, "lr": 1e-3}], weight_decay=0.0)

    def batches(name, generator):
        pictures, captions = splits[name]
        order = generator.permutation(len(pictures)) if generator else np.arange(len(pictures))
        for first in range(0, len(order), PICTURES):
            chosen = order[first:first + PICTURES]
            yield pieces(pictures[chosen], generator).to(memory_format=layout), captions[chosen].flatten(0, 1)

    for epoch in range(1, a.epochs + 1):
        model.train()
        start, losses = time.perf_counter(), []
        for pictures, captions in batches("train", random):
            optimizer.zero_grad(set_to_none=True)
            loss = model(model.encoder(pictures).repeat_interleave(5, 0), captions)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        seconds = time.perf_counter() - start
        model.eval()
        val = []
        with torch.no_grad():
            for pictures, captions in batches("val", None):
                features = model.encoder(pictures)
                val.append([model(f.repeat_interleave(5, 0), captions).item() for f in (features, features.roll(1, 0))])
        loss, shuffled = np.mean(val, 0)
        print(json.dumps({"epoch": epoch, "seconds": round(seconds, 1), "train_loss": round(float(np.mean(losses)), 4),
                          "val_loss": round(loss, 4), "val_loss_shuffled": round(shuffled, 4)}), flush=True)


if __name__ == "__main__":
    main()
