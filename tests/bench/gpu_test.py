# SPDX-License-Identifier: MIT
"""bench/gpu on the CPU with tiny sizes: parts give finite numbers, and what fails is told in the tables and the exit code."""

import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import numpy  # noqa: F401  # the rivals use it
    import torch
except ImportError as missing:
    print(f"skipped: {missing}; run scripts/setup")
    sys.exit(77)

BIN, SOURCE = Path(os.environ["EIGENSWEEP_BIN"]), Path(os.environ["EIGENSWEEP_SOURCE"])
sys.path.insert(0, str(SOURCE / "bench"))
from gpu_parts import goals, machine, rivals, sizes, tables  # noqa: E402
from gpu_parts.product_rate import UNIT  # noqa: E402

STUDIES = ("4.1-mlp", "4.2-cnn", "4.2-mlp", "4.3-cnn", "4.3-mlp")
HAS_JAX = importlib.util.find_spec("jax") is not None

# A worker that does what it should for `eigensweep run`, and something else when it is started by hand.
FAKE = """#!/bin/sh
for word; do
  case $word in --bench-requests | --task) {what} ;; esac
done
exec '{worker}' "$@"
"""


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="eigensweep-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def bench(self, *words, expect=0):
        """The parts' rows from figures.json, by part, and what the command wrote to standard error."""
        command = [sys.executable, str(SOURCE / "bench/gpu"), "--python", sys.executable,
                   "--output", str(self.folder / "out"), *words]
        if "--bin" not in words:
            command += ["--bin", str(BIN)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=dict(os.environ, CUDA_VISIBLE_DEVICES=""))
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        if expect == 2:
            return {}, done.stderr
        content = json.loads((self.folder / "out/figures.json").read_text(), parse_constant=self.fail)
        return {name: part["rows"] for name, part in content["parts"].items()}, done.stderr

    def bin_with(self, what):
        """A folder of the programs whose worker does `what` when it is started by hand."""
        folder = self.folder / "bin"
        folder.mkdir()
        (folder / "eigensweep").symlink_to(BIN / "eigensweep")
        (folder / "eigensweep-worker").write_text(FAKE.format(what=what, worker=BIN / "eigensweep-worker"))
        (folder / "eigensweep-worker").chmod(0o755)
        return str(folder)


class Parts(Case):
    """Every part but the oracle, which is tests of its own."""

    def parts(self, *names):
        """Their rows, all of which have a finite number, except where JAX is missing."""
        found, _ = self.bench("--device", "cpu", "--tiny", *names)
        self.assertEqual(list(found), [*names, "goals"])
        for part in names:
            for row in found[part]:
                if row["verdict"] == "measured":
                    self.assertTrue(math.isfinite(row["value"]), row)
                else:
                    self.assertEqual((row["what"], row["note"], HAS_JAX),
                                     ("JAX vmap", "skipped: jax is not installed", False))
        text = (self.folder / "out/tables.md").read_text()
        for row in [row for rows in found.values() for row in rows]:
            self.assertIn(f"| {row['what']} |", text)
        torch_line = f"Python's torch: {torch.__version__} CUDA"
        for head in ("device: cpu", "worker: eigensweep-worker", torch_line, "command: bench/gpu", "date: 2"):
            self.assertIn(f"- {head}", text)
        return found

    def measured_goals(self, found):
        return [row["what"] for row in found["goals"] if row["verdict"] == "measured"]


class Times(Parts):
    def test_of_the_engine(self):
        found = self.parts("smoke", "budgets", "packs", "pgd")
        self.assertEqual(len(found["budgets"]), (8 + 2 + 1) * 2 * 2)  # steps, refreshes, attack; two widths, two packs
        self.assertEqual(self.measured_goals(found),
                         [f"packs against one process per model, width {width}" for width in (16, 24)])


class Graphs(Case):
    CASES = 5 * 2  # conditions, packs

    def test_a_cpu_records_no_steps(self):
        found, _ = self.bench("--device", "cpu", "--tiny", "graphs")
        verdicts = [row["verdict"] for row in found["graphs"]]
        self.assertEqual(verdicts, ["measured", "skipped"] * self.CASES)
        self.assertIn("cannot record them on cpu", found["graphs"][1]["note"])

    def test_steps_of_a_device_that_records_are_replayed(self):
        worker = Path(os.environ["EIGENSWEEP_TESTS"]) / "eigensweep_pretended_worker"
        folder = self.bin_with(f"exec '{worker}' --device pretended:0 --bench-requests")
        found, _ = self.bench("--device", "cpu", "--tiny", "--bin", folder, "graphs")
        self.assertEqual([row["what"].rsplit(": ", 1)[1] for row in found["graphs"]],
                         ["launched", "replayed", "replayed is faster"] * self.CASES)
        for row in found["graphs"]:
            self.assertTrue(math.isfinite(row["value"]), row)


class Comparisons(Parts):
    def test_with_rivals_products_and_the_papers_time(self):
        found = self.parts("rivals", "rate", "paper")
        agreements = [row["value"] for row in found["rivals"] if "losses" in row["what"]]
        self.assertEqual(len(agreements), 2 * (1 + HAS_JAX))
        self.assertLess(max(agreements), 1e-3)
        self.assertEqual([row["keys"]["study"] for row in found["paper"]], [*STUDIES, "all"])
        self.assertEqual(self.measured_goals(found), ["packs against JAX vmap, the worst ratio"] * HAS_JAX +
                         ["training, width 24", "the paper's five studies"])


class Failures(Case):
    def test_a_part_that_fails_is_told_and_the_next_one_runs(self):
        folder = self.bin_with("echo 'worker: the card is on fire' >&2; exit 70")
        found, errors = self.bench("--device", "cpu", "--tiny", "--bin", folder, "packs", "smoke", expect=1)
        self.assertIn("width 16, one process", [row["what"] for row in found["packs"] if row["verdict"] == "failed"])
        self.assertIn("| width 16, one process | failed |  |  | eigensweep-worker left with 70: worker: the card is on fire |",
                      (self.folder / "out/tables.md").read_text())
        self.assertIn("failed: packs: width 16, one process", errors)
        self.assertEqual({row["verdict"] for row in found["smoke"]}, {"measured"})

    def test_what_takes_too_long_is_ended_and_larger_packs_are_not_tried(self):
        folder = self.bin_with("exec sleep 60")
        limits = ("--figure-limit", "0.2", "--part-limit", "9")
        found, _ = self.bench("--device", "cpu", "--tiny", "--bin", folder, *limits, "budgets")
        self.assertEqual({row["verdict"] for row in found["budgets"]}, {"not reached"})
        notes = {row["what"]: row["note"] for row in found["budgets"]}
        self.assertEqual(notes["plain, width 16, 1 lane"], "stopped after 0 s without an answer")
        self.assertEqual(notes["plain, width 16, 2 lanes"], "not tried: not even 1 was")

    def test_a_part_whose_time_is_over_says_so_once(self):
        folder = self.bin_with("exec sleep 60")
        found, _ = self.bench("--device", "cpu", "--tiny", "--bin", folder, "--part-limit", "0.3", "packs")
        last = found["packs"][-1]
        self.assertEqual((last["what"], last["verdict"], last["note"]),
                         ("the rest of this part", "not reached", "not tried: the part's 0.3 s are over"))
        self.assertEqual([row["what"] for row in found["packs"][:-1]], ["width 16, one process"])

    def test_studies_that_find_no_time_are_named(self):
        found, _ = self.bench("--device", "cpu", "--tiny", "--minutes", "0.000001", "paper")
        self.assertEqual([(row["keys"]["study"], row["verdict"]) for row in found["paper"]],
                         [(study, "not reached") for study in (*STUDIES, "all")])

    def test_a_study_that_its_time_stops_is_no_failure(self):
        found, _ = self.bench("--device", "cpu", "--minutes", "0.01", "paper")  # full size, which nothing trains in a second
        first = found["paper"][0]
        self.assertEqual((first["what"], first["verdict"]), ("4.1-mlp", "not reached"), first)
        self.assertRegex(first["note"], "ended before there was anything to keep|stopped after . s with 0 of 24 networks")

    def test_without_a_gpu_it_says_so_in_one_line(self):
        _, errors = self.bench(expect=2)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        self.assertIn("bench/gpu: no GPU is visible to the worker", errors)

    def test_a_part_of_another_name_and_a_folder_with_files_are_refused(self):
        self.assertIn("no part is called 'oracel'", self.bench("oracel", expect=2)[1])
        (self.folder / "out").mkdir()
        (self.folder / "out/file").touch()
        self.assertIn("is not empty", self.bench("--device", "cpu", "--tiny", "smoke", expect=2)[1])

    def test_a_rival_with_other_losses_has_no_times(self):
        bench = machine.Bench(worker=BIN / "eigensweep-worker", program=BIN / "eigensweep", device="cpu", sizes=sizes.TINY,
                              python=sys.executable, jax_python=sys.executable, folder=self.folder, row_limit=60,
                              part_limit=0, minutes=1)
        deadline, table = bench.deadline(60), tables.Table("rivals", "")
        rivals.record_training(bench, deadline, 16, self.folder)
        trace = self.folder / "losses.jsonl"
        lines = [json.loads(line) for line in trace.read_text().splitlines()]
        lines[-1]["loss"][1] /= 1.01
        trace.write_text("\n".join(map(json.dumps, lines)))
        self.assertEqual(rivals.times_of_rival(bench, deadline, table, "torch.func", 16, self.folder), {})
        self.assertEqual([row.verdict for row in table.rows], ["failed"])
        self.assertIn("they part by 1.0e-02, allowed 0.001", table.rows[0].note)

    def test_a_number_that_is_not_finite_is_a_failure(self):
        table = tables.Table("made up", "")
        table.measured("a", float("nan"), "ms")
        self.assertEqual([(row.verdict, row.value) for row in table.rows], [("failed", None)])

    def test_a_goal_is_met_not_met_or_not_measured(self):
        packs = tables.Table("packs", "")
        packs.measured("a", 21.0, "times", width=64)
        packs.measured("a", 19.0, "times", width=256)
        rate = tables.Table("rate", "")
        rate.measured("a", 0.5, UNIT, width=1000, lanes=1)
        rate.measured("a", 0.7, UNIT, width=1000, lanes=4)
        verdicts = [row.keys["met"] for row in goals.judge(sizes.FULL, {"packs": packs, "rate": rate}).rows]
        self.assertEqual(verdicts, ["met", "not met", "not measured", "not measured", "met", "not measured", "not measured"])


if __name__ == "__main__":
    unittest.main()
