#!/usr/bin/env python3
"""Runs dlcore_bench and its peers in turn, several rounds, and writes a table; called by tools/bench_compare.sh.

Every program runs one workload per process, so that its peak memory is that of the workload, and within a round all
of them run a workload right after each other, so that what the machine does besides meets all alike.
"""
import argparse, collections, datetime, json, os, statistics, subprocess, sys

import page

WORK = {  # what to ask for, and the workloads that it gives
    "rnn_train": ["rnn_train"],
    "lstm_train": ["lstm_train"],
    "greedy": ["greedy_rnn", "greedy_lstm"],
    "regnet_fwd": ["regnet_fwd_1", "regnet_fwd_32"],
    "regnet_train": ["regnet_train"],
    "e2e_train": ["e2e_train"],
}


def run(command, quiet_errors):
    """The JSON lines that a program prints, and its peak memory in MB."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL if quiet_errors else None)
    lines = [json.loads(line) for line in process.stdout if line.startswith("{")]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return lines, usage.ru_maxrss * 1024 / 1e6


def spread(values):
    digits = 2 if statistics.median(values) < 10 else 1
    text = f"{statistics.median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True)
    parser.add_argument("--torch", help="program that takes torch_peer.py's options")
    parser.add_argument("--onnxruntime", help="program that takes onnxruntime_peer.py's options")
    parser.add_argument("--model", default="regnet_x_400mf_trunk.onnx", help="for onnxruntime, made where it is not there")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--work", nargs="+", choices=list(WORK), default=list(WORK))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reps", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--vocabulary", type=int, help="words, in place of 1004")
    parser.add_argument("--out", help="Markdown file whose section for this machine is written")
    a = parser.parse_args()

    times = collections.defaultdict(lambda: collections.defaultdict(list))  # work, system and variant: a median each
    memory = collections.defaultdict(lambda: collections.defaultdict(list))
    fractions = collections.defaultdict(list)
    versions = set()
    for number in range(1, a.rounds + 1):
        for asked in a.work:
            common = ["--threads", str(a.threads), "--reps", str(a.reps)]
            typed = ["--work", asked, "--device", a.device, "--dtype", a.dtype]
            if a.vocabulary:
                typed += ["--vocabulary", str(a.vocabulary)]
            programs = [("dlcore", [a.bench, *typed, *common])]
            if a.torch:
                extra = ["--compile"] if a.compile else []
                programs.append(("torch", [sys.executable, a.torch, *typed, *common, *extra]))
            if a.onnxruntime and asked == "regnet_fwd" and a.device == "cpu" and a.dtype == "float32":
                programs.append(("onnxruntime", [sys.executable, a.onnxruntime, "--model", a.model, *common]))
            for system, command in programs:
                lines, peak = run(command, system != "dlcore")
                for line in lines:
                    if line["work"] not in WORK[asked]:
                        continue
                    if "error" in line:
                        print(f"{line['system']}, {line['variant']}: {line['error']}", file=sys.stderr)
                        continue
                    name = "dlcore" if system == "dlcore" else f"{line['system']}, {line['variant']}"
                    times[line["work"]][name].append(line["ms"])
                    memory[line["work"]][name].append(peak)
                    if system == "dlcore":
                        fractions[line["work"]].append(line["fraction_of_peak"])
                    else:
                        versions.add(line["system"])
                    print(f"round {number}: {line['work']:<14} {line['ms']:>9.3f} ms  {name}", flush=True)

    rows = ["| work | dlcore | best peer | its time | ratio | of the product's rate | memory | its memory |",
            "|---|---|---|---|---|---|---|---|"]
    for work, systems in times.items():
        own = systems.pop("dlcore")
        best = min(systems, key=lambda name: statistics.median(systems[name]), default=None)
        peers = ["", "", "", ""] if best is None else [
            best, spread(systems[best]), f"{statistics.median(systems[best]) / statistics.median(own):.2f}",
            f"{statistics.median(memory[work][best]):.0f} MB"]
        rows.append(f"| {work} | {spread(own)} | {peers[0]} | {peers[1]} | {peers[2]} | "
                    f"{statistics.median(fractions[work]):.2f} | {statistics.median(memory[work]['dlcore']):.0f} MB | "
                    f"{peers[3]} |")
    where = f"{a.threads} threads, " if a.device == "cpu" else ""
    words = f", {a.vocabulary:,} words" if a.vocabulary else ""
    title = f"{page.machine(a.device)}, {where}{a.dtype}{words}"
    body = (f"Medians of {a.rounds} rounds in milliseconds, and the rounds' smallest and largest medians; "
            f"{datetime.date.today()}; beside {', '.join(sorted(versions)) or 'no peer'}. Memory: peak of the process.\n\n"
            + "\n".join(rows) + "\n")
    print("\n" + title + "\n\n" + body)
    if a.out:
        page.replace_section(a.out, title, body)


if __name__ == "__main__":
    main()
