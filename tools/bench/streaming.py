#!/usr/bin/env python3
"""How training starts, waits for data and fills memory: an epoch from the features of a file far larger than that.

Makes FILE where it is not there: COUNT grids of C x H x W features (float16, random) with a caption each, in dlcore's
own layout (io/FORMAT.md). Then trains an LSTM captioner on it for one epoch and prints one JSON line: the seconds until
the first step was done, the time of the epoch, the share of it spent waiting for data, and the peak of the process's
memory without the file's pages, which the system may drop.

Usage: streaming.py --train build/cpu/bin/dlcore_train [--file grids.h5] [--count 80000] [--shape 400 7 7] [--keep]
Needs: pip install h5py numpy.
"""
import argparse, json, os, re, subprocess, sys, tempfile, threading, time

import h5py
import numpy

WORDS = ["<NULL>", "<START>", "<END>", "<UNK>"] + [f"word{i}" for i in range(1000)]
TOKENS = 17


def make(path, count, shape):
    random = numpy.random.default_rng(0)
    block = random.random((1000, *shape), dtype="float32").astype("float16")
    with h5py.File(path + ".new", "w") as file:
        file.attrs["format"] = numpy.bytes_("dlcore captions")
        file.attrs["version"] = numpy.bytes_("1")
        file.attrs["vocabulary"] = numpy.bytes_(json.dumps(
            {"idx_to_word": WORDS, "word_to_idx": {word: i for i, word in enumerate(WORDS)}}))
        file.attrs["features"] = numpy.bytes_("{}")
        file.attrs["creator"] = numpy.bytes_("streaming.py")
        for split, n in (("train", count), ("val", 1000)):
            group = file.create_group(split)
            features = group.create_dataset("features", (n, *shape), "float16", chunks=(1, *shape))
            for begin in range(0, n, len(block)):
                features[begin:begin + len(block)] = numpy.roll(block, begin // len(block), 1)[: n - begin]
            lengths = numpy.clip(random.normal(10.5, 2.2, n).round(), 8, TOKENS - 2).astype("int64")
            captions = random.integers(4, len(WORDS), (n, TOKENS)).astype("int32")
            position = numpy.arange(TOKENS)
            captions[:, 0] = 1
            captions[position == (lengths + 1)[:, None]] = 2
            captions[position > (lengths + 1)[:, None]] = 0
            group["captions"] = captions
            group["image_idxs"] = numpy.arange(n, dtype="int32")
            group["image_ids"] = numpy.arange(n, dtype="int64")
            group["file_names"] = numpy.array([f"{i}.jpg".encode() for i in range(n)])
    os.replace(path + ".new", path)


def anonymous_memory(pid):
    """MB that are the process's own: the pages of files can be dropped."""
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return (int(fields["RssAnon"].split()[0]) + int(fields["RssShmem"].split()[0])) * 1024 / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", required=True)
    parser.add_argument("--file", default="grids.h5")
    parser.add_argument("--count", type=int, default=80000)
    parser.add_argument("--shape", type=int, nargs=3, default=[400, 7, 7])
    parser.add_argument("--keep", action="store_true", help="the file")
    a = parser.parse_args()
    if not os.path.exists(a.file):
        make(a.file, a.count, a.shape)
    peak = [0.0]

    def watch(process):
        while process.poll() is None:
            try:
                peak[0] = max(peak[0], anonymous_memory(process.pid))
            except (OSError, KeyError):
                pass
            time.sleep(0.05)

    with tempfile.TemporaryDirectory() as out:
        config = os.path.join(out, "config.yaml")
        with open(config, "w") as file:
            file.write(f"data:\n  file: {os.path.abspath(a.file)}\nmodel:\n  cell: lstm\ntrain:\n  epochs: 1\n"
                       f"  out: {out}/run\n")
        process = subprocess.Popen([a.train, config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        thread = threading.Thread(target=watch, args=(process,))
        thread.start()
        first = waited = seconds = None
        for line in process.stdout:
            if found := re.search(r"first step done after ([\d.]+) s", line):
                first = float(found.group(1))
            if found := re.search(r"waited ([\d.]+) s for data", line):
                waited = float(found.group(1))
            print(line, end="", file=sys.stderr)
        thread.join()
        if process.returncode != 0:
            sys.exit(f"{a.train} ended with exit code {process.returncode}")
        with open(f"{out}/run/metrics.csv") as file:
            names, values = (line.strip().split(",") for line in file)
            seconds = float(dict(zip(names, values))["seconds"])
    print(json.dumps({"grids": a.count, "file_mb": round(os.path.getsize(a.file) / 1e6), "start_s": first,
                      "epoch_s": round(seconds, 1), "waited_share": round(waited / seconds, 4),
                      "memory_mb": round(peak[0])}))
    if not a.keep:
        os.remove(a.file)


if __name__ == "__main__":
    main()
