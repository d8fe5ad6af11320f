"""What every peer process does: answer the benchmark's requests, one JSON object a line.

{"do": "install"}                                             -> {"installBytes": n}, on disk with its dependencies
{"do": "open", "network": {...}, "batch": n, "folder": "..."}  -> {"loadedBytes": n}, once it has predicted
{"do": "step", "count": n}                                    -> {"ms": [...]}, wall time of each step
{"do": "peak", "count": n}                                    -> {"peakBytes": n}, resident at most over loaded
"""

import gc
import importlib.metadata
import json
import re
import sys
import time


def resident_bytes(field="VmRSS"):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status: expected a line {field}, got none")


def reset_peak():
    with open("/proc/self/clear_refs", "w") as control:
        control.write("5")


def installed_bytes(package):
    """Of the package and all that it requires, each once."""
    sizes = {}
    waiting = [package]
    while waiting:
        name = waiting.pop()
        if name in sizes:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # required on other platforms only
        sizes[name] = sum(
            path.stat().st_size
            for path in map(distribution.locate_file, distribution.files or [])
            if path.is_file()
        )
        for requirement in distribution.requires or []:
            if "extra ==" not in requirement:
                waiting.append(re.match(r"[A-Za-z0-9._-]+", requirement).group())
    return sum(sizes.values())


def serve(open_trainee, package):
    """`open_trainee(network, batch, folder)` returns two functions: one predicts, one takes a learning step."""
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "install":
            answer = {"installBytes": installed_bytes(package)}
        elif request["do"] == "open":
            predict, step = open_trainee(request["network"], request["batch"], request.get("folder"))
            predict()
            gc.collect()
            answer = {"loadedBytes": resident_bytes()}
        elif request["do"] == "step":
            times = []
            for _ in range(request["count"]):
                started = time.perf_counter()
                step()
                times.append((time.perf_counter() - started) * 1000)
            answer = {"ms": times}
        else:
            gc.collect()
            before = resident_bytes()
            reset_peak()
            for _ in range(request["count"]):
                step()
            answer = {"peakBytes": max(0, resident_bytes("VmHWM") - before)}
        print(json.dumps(answer), flush=True)
