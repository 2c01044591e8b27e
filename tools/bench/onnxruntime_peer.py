#!/usr/bin/env python3
"""onnxruntime's side of the comparison: the RegNet-X 400MF trunk, inference, 224x224, batch 1 and 32.

Prints JSON lines like dlcore_bench's. Usage: onnxruntime_peer.py [--threads 2] [--reps 15] [--model trunk.onnx]
Needs: pip install onnxruntime; to make the model where it is not there, also torch, torchvision and onnx.
"""
import argparse, json, os, statistics, time

import numpy
import onnxruntime


def export(path):
    import torch
    import torchvision

    net = torchvision.models.regnet_x_400mf().eval()
    trunk = torch.nn.Sequential(net.stem, net.trunk_output)
    torch.onnx.export(trunk, torch.randn(1, 3, 224, 224), path, input_names=["x"], dynamic_axes={"x": {0: "n"}},
                      dynamo=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reps", type=int, default=15)
    parser.add_argument("--model", default="regnet_x_400mf_trunk.onnx", help="made where it is not there")
    a = parser.parse_args()
    if not os.path.exists(a.model):
        export(a.model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = a.threads
    session = onnxruntime.InferenceSession(a.model, options, providers=["CPUExecutionProvider"])
    for batch in (1, 32):
        pictures = numpy.random.randn(batch, 3, 224, 224).astype("float32")
        for _ in range(3):
            session.run(None, {"x": pictures})
        samples = []
        for _ in range(a.reps):
            start = time.perf_counter()
            session.run(None, {"x": pictures})
            samples.append(1e3 * (time.perf_counter() - start))
        print(json.dumps({"work": f"regnet_fwd_{batch}", "system": "onnxruntime " + onnxruntime.__version__,
                          "variant": "default", "device": "cpu", "dtype": "float32",
                          "ms": round(statistics.median(samples), 3), "best_ms": round(min(samples), 3)}), flush=True)


if __name__ == "__main__":
    main()
