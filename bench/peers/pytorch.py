"""PyTorch on the CPU, as a process that the bench asks; see protocol.ts for what is said.

python3 pytorch.py THREADS [float64]: with float64 it is the reference that others are held against.
"""

import json
import math
import struct
import sys
import time

import numpy
import torch
import torch.nn.functional as F

MARK = "peer> "
DEPTH = 3
LEARNING_RATE = 1e-3
CHECKED_STEPS = 3
# As in serve.ts: so many runs are timed together that they take about so many milliseconds.
ENOUGH = 600
MOST_RUNS = 1000


def read_arrays(path, dtype):
    with open(path, "rb") as file:
        content = file.read()
    (header_bytes,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + header_bytes])
    values = content[8 + header_bytes :]
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        array = numpy.frombuffer(values[start:end], dtype="<f4").reshape(entry["shape"])
        arrays[name] = torch.tensor(array, dtype=dtype)
    return arrays


def write_arrays(path, arrays):
    header, parts, offset = {}, [], 0
    for name, tensor in arrays.items():
        data = tensor.detach().numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        parts.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def unet(weights, x):
    """The U-Net of nn/networks/unet.ts."""

    def layer(name, x):
        weight = weights[name + ".weight"]
        return F.conv2d(x, weight, weights[name + ".bias"], padding=weight.shape[2] // 2)

    def pair(name, x):
        return F.relu(layer(name + ".1", F.relu(layer(name + ".0", x))))

    skips = []
    for level in range(DEPTH):
        x = pair(f"down.{level}", x)
        skips.append(x)
        x = F.max_pool2d(x, 2)
    x = pair("middle", x)
    for level in reversed(range(DEPTH)):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = pair(f"up.{level}", torch.cat([x, skips[level]], dim=1))
    return torch.sigmoid(layer("head", x))


def dice(p, target):
    return 1 - (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1)


def start_convolution(kind, arrays):
    x, w, dy = arrays["x"], arrays["w"], arrays["dy"]
    runs = {
        "forward": lambda: F.conv2d(x, w, padding=1),
        "dx": lambda: torch.nn.grad.conv2d_input(x.shape, w, dy, padding=1),
        "dw": lambda: torch.nn.grad.conv2d_weight(x, w.shape, dy, padding=1),
    }
    run = runs[kind]
    return run, lambda: {"y" if kind == "forward" else kind: run()}


def start_prediction(arrays):
    def run():
        with torch.no_grad():
            return unet(arrays, arrays["x"])

    return run, lambda: {"y": run()}


def start_training(arrays):
    names = [name for name in arrays if name.endswith((".weight", ".bias"))]

    def fresh():
        weights = {name: arrays[name].clone().requires_grad_() for name in names}
        adam = torch.optim.Adam(weights.values(), lr=LEARNING_RATE)

        def step():
            adam.zero_grad(set_to_none=True)
            loss = dice(unet(weights, arrays["x"]), arrays["target"])
            loss.backward()
            adam.step()
            return loss.detach()

        return weights, step

    def results():
        weights, step = fresh()
        losses = [step()]
        gradients = {name: weight.grad.clone() for name, weight in weights.items()}
        losses += [step() for _ in range(CHECKED_STEPS - 1)]
        return {"losses": torch.stack(losses), **gradients}

    return fresh()[1], results


def start(request, dtype):
    arrays = read_arrays(request["inputs"], dtype)
    if request["op"] == "conv2d":
        return start_convolution(request["pass"], arrays)
    return start_training(arrays) if request["pass"] == "step" else start_prediction(arrays)


def time_runs(run, count):
    begin = time.perf_counter()
    for _ in range(count):
        run()
    return 1000 * (time.perf_counter() - begin)


def main():
    threads = int(sys.argv[1])
    dtype = torch.float64 if "float64" in sys.argv[2:] else torch.float32
    torch.set_num_threads(threads)
    run = results = runs = None
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        try:
            if request["do"] == "hello":
                setting = f"CPU, {threads} thread{'s' if threads > 1 else ''}, oneDNN"
                answer = {"version": torch.__version__, "setting": setting}
            elif request["do"] == "start":
                run, results = start(request, dtype)
                run()
            elif request["do"] == "results":
                write_arrays(request["file"], results())
            else:
                if runs is None:
                    runs = min(MOST_RUNS, max(1, math.ceil(ENOUGH / time_runs(run, 1))))
                answer = {"ms": time_runs(run, runs) / runs}
        except Exception as error:  # Whatever it is, the bench is told.
            answer = {"error": str(error)}
        print(MARK + json.dumps(answer), flush=True)


main()
