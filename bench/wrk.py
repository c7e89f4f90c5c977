"""Load by wrk, a generator written in C: beside a database that pgbench asks in C, the asking takes an equal share.

A Python generator takes more of the two processors than the server that it measures; `load` stays for what must be
read from the answers, and for requests that differ in more than their path.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile

from bench.load import Load

INSTALL = "apt-get install -y --no-install-recommends wrk"
THREADS = 1

# `request` is called once for every request; `done` once, with times in microseconds.
SCRIPT = """
math.randomseed(7)
request = function()
  {request}
end
done = function(summary, latency, _requests)
  local errors = summary.errors
  io.write(string.format(
    'FOUND {{"answers": %d, "us": %d, "p50": %f, "p95": %f, "p99": %f, "failures": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout
  ))
end
"""


def drive(*, port: int, request: str, seconds: float, connections: int) -> Load:
    """Send what the Lua lines `request` return, each connection as fast as it is answered; another status than 2xx or 3xx is a failure."""
    program = shutil.which("wrk")
    if program is None:
        raise RuntimeError(f"The load generator wrk is missing. Run: {INSTALL}")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT.format(request=request))
        script.flush()
        command = [program, "-t", str(THREADS), "-c", str(connections), "-d", str(max(1, round(seconds))), "-s", script.name]
        done = subprocess.run([*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True)
    line = next(each for each in done.stdout.splitlines() if each.startswith("FOUND "))
    found = json.loads(line.removeprefix("FOUND "))
    p50, p95, p99 = (found[name] / 1000 for name in ("p50", "p95", "p99"))
    return Load(found["answers"] * 1e6 / found["us"], p50, p95, p99, found["failures"])
