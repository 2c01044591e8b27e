#!/usr/bin/env python3
"""How the cost of dlcore's work grows with its sizes: a table, also into docs/performance.md where --out names it.

Usage: growth.py --bench build/cpu/bin/dlcore_bench [--device cpu] [--dtype float32] [--reps 7] [--out FILE]
"""
import argparse, datetime, json, subprocess

import page

AXES = [  # what grows, the option that says so, the workloads, the values
    ("captions in a batch", "--batch", ["rnn_train", "lstm_train", "greedy_lstm"], [1, 4, 16, 64, 250, 1024]),
    ("tokens of a caption", "--tokens", ["rnn_train", "lstm_train"], [8, 17, 32, 64]),
    ("hidden size", "--hidden", ["rnn_train", "lstm_train", "greedy_lstm"], [128, 256, 512, 1024, 2048]),
    ("words in the vocabulary", "--vocabulary", ["rnn_train", "lstm_train", "greedy_lstm"], [1000, 10000, 50000]),
    ("threads", "--threads", ["lstm_train", "greedy_lstm", "regnet_fwd_32", "regnet_train"], [1, 2]),
    ("pictures in a batch", "--batch", ["regnet_fwd_32", "regnet_train"], [1, 2, 8, 32, 128]),
    ("side of the pictures", "--image-size", ["regnet_fwd_32", "regnet_train"], [64, 112, 224, 320]),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reps", type=int, default=7)
    parser.add_argument("--out")
    a = parser.parse_args()
    body = (f"Medians of {a.reps} runs in milliseconds; {datetime.date.today()}. GFLOP/s count what the work needs, and "
            "in brackets is their share of the rate of a large matrix product.\n\n")
    for title, option, works, values in AXES:
        rows = [f"| {title} | " + " | ".join(works) + " |", "|---" * (len(works) + 1) + "|"]
        for value in values:
            cells = []
            for work in works:
                threads = [] if option == "--threads" else ["--threads", str(a.threads)]
                command = [a.bench, "--work", work, "--device", a.device, "--dtype", a.dtype, "--reps", str(a.reps),
                           option, str(value), *threads]
                line = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
                cells.append(f"{line['ms']:.4g} ms, {line['gflops']:.0f} GFLOP/s ({line['fraction_of_peak']:.2f})")
            rows.append(f"| {value} | " + " | ".join(cells) + " |")
            print(rows[-1], flush=True)
        body += "\n".join(rows) + "\n\n"
    if a.out:
        threads = f"{a.threads} threads, " if a.device == "cpu" else ""
        page.replace_section(a.out, f"How cost grows: {page.machine(a.device)}, {threads}{a.dtype}", body)


if __name__ == "__main__":
    main()
