#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A study longer than its allocations on a real SLURM: how much of it is done twice, and whether the result is that of one long run.

    EIGENSWEEP_BIN=build/release/bin EIGENSWEEP_TESTS=build/release/tests tests/slurm/allocations.py [--minutes 20] [--allocation 3]

Two virtual nodes with a fake worker each, whose steps take 20 ms and are counted; scheduler, batch script, requeueing, time budget,
checkpoints and ledger are the real ones. Takes as long as the study and its pauses. Exit code 1 if it misses."""

import argparse
import collections
import json
import sys
import time

import slurm_test
from cluster import Cluster
from harness import study

STEP = 0.02  # seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20, help="of the whole study on two workers")
    parser.add_argument("--allocation", type=int, default=3, help="minutes")
    options = parser.parse_args()
    trials = 24
    steps = round(options.minutes * 60 * 2 / trials / STEP)

    case = slurm_test.SlurmCase()
    case.setUp()
    try:
        slurm_test.cluster = Cluster(case.folder / "cluster").start()
        try:
            case.write(study(seeds=trials // 4))
            trace = case.folder / "trace"
            case.fake = json.dumps({"steps": steps, "step_ms": round(1000 * STEP), "trace": str(trace)})
            start = time.monotonic()
            job = case.submit(f"--time={options.allocation}", arguments=("--lanes", 1))
            case.wait_for_end(job, seconds=options.minutes * 60 * 4)
            wall = time.monotonic() - start
            restarts = int(slurm_test.cluster.job(job)["Restarts"])
            done = collections.Counter(trace.read_text().split("\n")[:-1])
            case.fake = "{}"
            case.assert_as_undisturbed()
        finally:
            slurm_test.cluster.stop()
    finally:
        case.doCleanups()
    whole, twice = trials * steps, sum(done.values()) - len(done)
    print(f"{trials} trials of {steps * STEP:.0f} s on two workers, allocations of {options.allocation} min: complete after "
          f"{1 + restarts} allocations and {wall / 60:.1f} min; {twice} of {whole} steps done twice ({100 * twice / whole:.2f} %); "
          "ledger equal to that of an undisturbed run")
    return 0 if len(done) == whole and twice < 0.05 * whole else 1


if __name__ == "__main__":
    sys.exit(main())
