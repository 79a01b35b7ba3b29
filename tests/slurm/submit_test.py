# SPDX-License-Identifier: MIT
"""`eigensweep submit` without SLURM: the script it would submit, and what it refuses."""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sweep"))
from harness import BIN, SOURCE, Case, study  # noqa: E402


class Submit(Case):
    def setUp(self):
        super().setUp()
        self.commands = self.folder / "commands"  # the only programs that are found
        self.commands.mkdir()
        for name in ("timeout", "sh", "bash", "squeue"):
            found = subprocess.run(["which", name], capture_output=True, text=True).stdout.strip()
            if found:
                (self.commands / name).symlink_to(found)

    def program(self, name, text):
        (self.commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.commands / name).chmod(0o755)

    def submit(self, *options, expect=0):
        command = [str(BIN / "eigensweep"), "submit", str(self.file), "--output", str(self.output), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, PATH=str(self.commands)), cwd=self.folder)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def directives(self, *options):
        script = self.submit("--dry-run", *options).stdout
        return [line.split(" ", 1)[1] for line in script.splitlines() if line.startswith("#SBATCH ")]

    def test_a_dry_run_prints_the_projects_script_with_these_resources(self):
        site = SOURCE / "slurm" / "env" / "generic.sh"
        done = self.submit("--dry-run", "--nodes", 4, "--time", "2h", "--gpus-per-node", 4, "--cpus-per-task", 8, "--partition", "gpu",
                           "--account", "lab", "--sbatch=--constraint=a100", "--env", site, "--", "--lanes", 8)
        lines = done.stdout.splitlines()
        for directive in ("--job-name=test", "--nodes=4", "--ntasks-per-node=4", "--cpus-per-task=8", "--gpus-per-node=4", "--time=02:00:00",
                          "--partition=gpu", "--account=lab", "--constraint=a100", f"--output={self.output}/job-%j.log",
                          "--signal=USR1@60", "--requeue", "--open-mode=append"):
            self.assertEqual(lines.count(f"#SBATCH {directive}"), 1, directive)
        self.assertIn(f"EIGENSWEEP=${{EIGENSWEEP:-{BIN}/eigensweep}}", lines)
        self.assertIn(f"EIGENSWEEP_ENV=${{EIGENSWEEP_ENV:-{site}}}", lines)
        self.assertIn(f"[[ $# -ge 1 ]] || set -- {self.file} --output {self.output} --lanes 8", lines)
        own = [line for line in (SOURCE / "slurm/eigensweep.sbatch").read_text().splitlines() if not line.startswith("#SBATCH")]
        self.assertEqual([line for line in own if line not in lines], [])
        self.assertEqual(subprocess.run(["bash", "-n"], input=done.stdout, text=True).returncode, 0)
        self.assertIn("4 nodes of 4 tasks with 8 cores, 4 GPUs, for 02:00:00", done.stderr)
        self.assertFalse(self.output.exists())

    def test_what_is_not_given_comes_from_the_plan_and_the_partition(self):
        self.program("sinfo", "echo 64; echo 32; echo 48")
        # Twelve small trials: one node, no more tasks than there are packs, and its cores shared out.
        made = dict(line.lstrip("-").split("=", 1) for line in self.directives() if "=" in line)
        self.assertEqual(made["nodes"], "1")
        self.assertLessEqual(int(made["ntasks-per-node"]), 12)
        self.assertEqual(int(made["cpus-per-task"]), 32 // int(made["ntasks-per-node"]))
        self.assertEqual(made["time"], "00:20:00")
        # A study of days gets as many nodes as finish in the time that it is given.
        big = study(seeds=30, widths=(512, 1024))
        big["training"]["epochs"] = 200
        self.write(big)
        made = dict(line.lstrip("-").split("=", 1) for line in self.directives("--time", "6h", "--speed", 2) if "=" in line)
        self.assertGreater(int(made["nodes"]), 1)
        # On one node the same is too long.
        alone = self.submit("--dry-run", "--time", "6h", "--speed", 2, "--nodes", 1).stderr
        self.assertRegex(alone, r"about (\d\d|[6-9]) h \d\d min on 32 workers|about \d+ d \d+ h on 32 workers")
        self.assertEqual(made["time"], "06:00:00")

    NAMES = ("my runs", "don't", 'say "hi"', "a#b", "# b", "100%", "%j %%", "$HOME", "a;b&c", "*", "caf\u00e9", "a}b", ":a")

    def named(self, name):
        """A study, an output folder, a program and a site's file under such a name; the script that is made for them."""
        place = self.folder / name
        place.mkdir()
        self.write(study())
        self.file = self.file.rename(place / "study.json")
        self.output = place / "out"
        (place / "bin").mkdir()
        shutil.copy(BIN / "eigensweep", place / "bin")
        site = place / "site.sh"
        site.write_text("srun_options+=(--from-site)\n")
        command = [str(place / "bin/eigensweep"), "submit", str(self.file), "--output", str(self.output), "--dry-run", "--env", str(site),
                   "--", "--lanes", "8"]
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, PATH=str(self.commands)), check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return place, done.stdout

    def test_bash_starts_what_was_asked_for_whatever_its_name(self):
        # A run that ended: it leaves the file that its last argument names. The first call only asks for MPI's names.
        self.program("srun", 'printf "%s\\0" "$@" >> "$ARGUMENTS"; for last in "$@"; do :; done; '
                             '[ "$1" = --mpi=list ] || touch "$last"')
        for name in self.NAMES:
            with self.subTest(name=name):
                place, script = self.named(name)
                (place / "job.sbatch").write_text(script)
                arguments = place / "arguments"
                variables = dict(os.environ, PATH=f"{self.commands}:{os.environ['PATH']}", ARGUMENTS=str(arguments), SLURM_SUBMIT_DIR=str(place))
                done = subprocess.run(["bash", str(place / "job.sbatch")], env=variables, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                words = arguments.read_bytes().decode().split("\0")[:-1]
                self.assertIn("--from-site", words)
                self.assertEqual(words[words.index("--from-site") + 1:], [str(place / "bin/eigensweep"), "run", str(self.file), "--output",
                                                                          str(self.output), "--lanes", "8", "--done-file", words[-1]])
                self.assertTrue(words[-1].startswith(f"{place}/.eigensweep-"), words)

    def test_sbatch_reads_the_logs_name_whatever_it_is(self):
        sbatch = shutil.which("sbatch")
        if sbatch is None:
            self.skipTest("sbatch is not installed; scripts/setup --tests installs it")
        configuration = self.folder / "slurm.conf"  # its client reads a script before it looks for a controller
        configuration.write_text("ClusterName=none\nSlurmctldHost=localhost\nSlurmctldPort=1\nAuthType=auth/none\nCredType=cred/none\n"
                                 "NodeName=localhost\nPartitionName=all Nodes=ALL\nMessageTimeout=1\n")
        for name in self.NAMES:
            with self.subTest(name=name):
                place, script = self.named(name)
                (place / "job.sbatch").write_text(script)
                done = subprocess.run([sbatch, "-vv", str(place / "job.sbatch")], env=dict(os.environ, SLURM_CONF=str(configuration)),
                                      capture_output=True, text=True, check=False, timeout=120)
                read = dict(re.findall(r"^sbatch: (\S+) +: (.*)$", done.stderr, re.MULTILINE))
                pattern = f"{self.output}/job-".replace("%", "%%") + "%j.log"
                self.assertEqual(read.get("output"), pattern, done.stderr)
                self.assertEqual((read.get("job-name"), read.get("requeue"), read.get("open-mode")), ("test", "requeue", "a"), done.stderr)

    def test_a_log_that_slurm_cannot_name_is_refused(self):
        self.output = self.folder / "back\\slash"
        self.assertEqual(self.submit("--dry-run", expect=2).stderr, f"eigensweep: --output: '{self.output}' holds a backslash (SLURM drops it "
                         "from the name of a job's log); rename the folder\n")

    def test_without_sbatch_it_says_where_to_go(self):
        done = self.submit(expect=4)
        self.assertEqual(done.stderr, "eigensweep: sbatch: is not on the PATH (jobs are submitted with it); log in to the cluster, load "
                         "its SLURM module, or see the script with --dry-run\n")

    def test_what_sbatch_refuses_is_said_in_its_words(self):
        self.program("sbatch", "echo 'sbatch: error: invalid account lab' >&2; exit 1")
        done = self.submit("--account", "lab", expect=4)
        self.assertIn(f"sbatch: refused the job: sbatch: error: invalid account lab; change what it did not like, or {self.output}/job.sbatch",
                      done.stderr)

    def test_a_submitted_job_is_named_with_all_that_one_does_to_it(self):
        self.program("sbatch", 'echo "sbatch: a warning" >&2; echo "17;far"')
        done = self.submit()
        for text in ("job 17 is submitted", f"eigensweep status {self.output}", f"{self.output}/job-17.log", "squeue -j 17", "scancel 17"):
            self.assertIn(text, done.stdout)
        shown = subprocess.run([str(BIN / "eigensweep"), "status", str(self.output)], capture_output=True, text=True)
        self.assertEqual(shown.returncode, 3)
        self.assertIn("a job was submitted here and has not started yet; see squeue --me", shown.stderr)

    def test_what_makes_no_sense_is_refused_before_anything_is_written(self):
        for options, message in (
            (("--time", "60"), "--time: '60' has no unit (sbatch would read minutes); write 60m or 1:00:00"),
            (("--time", "2m"), "--time: '2m' is too short: SLURM's warning comes up to two minutes before the end; give three minutes at least"),
            (("--time", "soon"), "--time: 'soon' is no time span"),
            (("--nodes", "0"), "--nodes"),
            (("--env", "/nowhere.sh"), "--env: '/nowhere.sh' is no file; give the path of one, e.g. slurm/env/generic.sh"),
        ):
            self.assertIn(message, self.submit("--dry-run", *options, expect=2).stderr)
        self.write({"name": "x", "modle": {}})
        self.assertIn("did you mean 'model'", self.submit(expect=2).stderr)
        self.assertFalse(self.output.exists())

    def test_options_for_the_run_are_checked_before_the_job_waits_for_its_turn(self):
        self.program("sbatch", "echo 17")
        for options, message in (
            (("--foo",), "'--foo' is no option; run 'eigensweep run --help'"),
            (("--workers", "0"), "--workers: Value 0 not in range 1 to 4096; run 'eigensweep run --help'"),
            (("--device", "gpu"), "--device: gpu not in {auto,cpu,cuda}; run 'eigensweep run --help'"),
            (("--time-budget", "soon"), "--time-budget: 'soon' is no time span; write e.g. 2:00:00, 90m or 3600 (seconds); "
             "run 'eigensweep run --help'"),
            (("more.json",), "'more.json' is one word too many; run 'eigensweep run --help'"),
            (("--help",), "--help starts no run; run 'eigensweep run --help'"),
            (("--output", "elsewhere"), "--output is set by submit; give it before the --"),
            (("--output=elsewhere",), "--output is set by submit; give it before the --"),
        ):
            for dry in (["--dry-run"], []):
                with self.subTest(options=options, dry=dry):
                    self.assertEqual(self.submit(*dry, "--", *options, expect=2).stderr, f"eigensweep: options after --: {message}\n")
        self.assertFalse(self.output.exists())
        self.assertIn("--lanes 8 --time-margin 1m --workers 2",
                      self.submit("--dry-run", "--", "--lanes", 8, "--time-margin", "1m", "--workers", 2).stdout)

    def test_a_finished_study_submits_nothing(self):
        self.run_study()
        self.assertIn("test: nothing is left to do; ", self.submit().stdout)
        self.assertFalse((self.output / "job.sbatch").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
