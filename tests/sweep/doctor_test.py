# SPDX-License-Identifier: MIT
"""The checks that a run makes before it starts, and `eigensweep doctor`, alone and under mpirun."""

import json
import os
import shutil
import subprocess
import sys
import unittest

from harness import BIN, TESTS, Case, study


class Doctor(Case):
    def mpi(self, *programs, fakes=None, variables=None):
        """Runs one program per rank in one MPI job, each with its own EIGENSWEEP_FAKE."""
        command = ["mpirun", "--bind-to", "none"]
        for index, program in enumerate(programs):
            fake = json.dumps((fakes or [{}] * len(programs))[index])
            command += [":"] * (index > 0) + ["-n", "1", "-x", f"EIGENSWEEP_FAKE={fake}", *map(str, program)]
        return self.finish_of(command, variables)

    def finish_of(self, command, variables=None, fake=None):
        environment = self.environment(fake or {}) | (variables or {})
        if len(command) > 1 and command[0] == "mpirun":
            environment.pop("EIGENSWEEP_FAKE")
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        return done.returncode, done.stdout

    def doctor(self, *options):
        return [BIN / "eigensweep", "doctor", self.file, "--output", self.output, *options]

    def start_of(self, *options, study=None):
        return [BIN / "eigensweep", "run", study or self.file, "--output", self.output, *options]

    def nvidia_smi(self, *names):
        """Makes an nvidia-smi that lists these GPUs. Returns the environment variables that put it on the PATH."""
        folder = self.folder / "driver"
        folder.mkdir(exist_ok=True)
        lines = "".join(f"echo 'GPU-{index}{index}{index}{index}, {name}'\n" for index, name in enumerate(names))
        (folder / "nvidia-smi").write_text(f"#!/bin/sh\n{lines}")
        (folder / "nvidia-smi").chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    def test_a_healthy_job_is_called_so_and_nothing_is_left_behind(self):
        code, text = self.mpi(self.doctor("--device", "cpu"), self.doctor("--device", "cpu"))
        self.assertEqual(code, 0, text)
        for line in ("ranks    2 on 1 machine", f"study    {self.file}: 12 trials", "place    workers 0-1 (ranks 0-1) on ",
                     f"output   {self.output} (not there yet; looked at {self.folder}), ", "verdict  all is well"):
            self.assertIn(line, text)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["study.json"])
        code, text = self.finish_of([*map(str, self.doctor("--device", "cpu"))])
        self.assertEqual(code, 0, text)
        self.assertIn("ranks    1, without a launcher on 1 machine", text)

    def test_what_multiplies_matrices_is_said(self):
        line = "products {0}: {1}MKL 2024.2; no bfloat16".format
        fake = {"devices": {"cuda": 0, "cpu_products": "MKL 2024.2; no bfloat16"}}
        code, text = self.finish_of([*map(str, self.doctor("--device", "cpu"))], fake=fake)
        self.assertEqual(code, 0, text)
        self.assertIn(line(os.uname().nodename, ""), text)
        code, text = self.mpi(self.doctor("--device", "cpu"), self.doctor("--device", "cpu"), fakes=[fake, fake])
        self.assertEqual(text.count(line(os.uname().nodename, "each rank has ")), 1, text)

    def groups(self, **limits):
        """Makes a fake /proc and /sys of a machine with one control group, which has these files. Returns the variable
        that selects it, and the folder of the group."""
        root = self.folder / "machine"
        (root / "proc/self").mkdir(parents=True, exist_ok=True)
        (root / "sys/fs/cgroup/job").mkdir(parents=True, exist_ok=True)
        (root / "proc/self/cgroup").write_text("0::/job\n")
        (root / "proc/self/mountinfo").write_text("31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        for name, value in limits.items():
            (root / "sys/fs/cgroup/job" / name.replace("_", ".")).write_text(value)
        return {"EIGENSWEEP_SYSTEM_ROOT": str(root)}, root / "sys/fs/cgroup/job"

    def test_what_decided_about_cores_and_memory_is_said(self):
        cpus = len(os.sched_getaffinity(0))
        variables, group = self.groups(cpu_max="50000 100000", memory_max=str(2**29))
        for command in (self.doctor("--device", "cpu"), self.start_of("--device", "cpu")):
            code, text = self.finish_of([*map(str, command)], variables)
            self.assertEqual(code, 0, text)
            self.assertIn(f": 1 by the control group's quota of 0.5 ({group}/cpu.max), {cpus} in the affinity mask", text)
            self.assertIn(f": 512 MiB by the control group's limit of 512 MiB ({group}/memory.max), ", text)
            self.assertIn(": cpu, 1 thread, on CPU", text)
            self.assertNotIn("workers 0-", text)
        code, text = self.finish_of([*map(str, self.doctor("--device", "cpu"))])
        self.assertEqual(code, 0, text)
        self.assertIn("cores    ", text)
        self.assertIn("memory   ", text)

    def test_ranks_share_a_quota(self):
        variables, group = self.groups(cpu_max="150000 100000", memory_max=str(2**29))
        code, text = self.mpi(self.doctor("--device", "cpu"), self.doctor("--device", "cpu"), variables=variables)
        self.assertEqual(code, 0, text)
        self.assertIn(f": each rank has 256 MiB by the control group's limit of 512 MiB for 2 ranks ({group}/memory.max), ", text)
        self.assertEqual(text.count("\ncores "), 1, text)

    def test_a_limit_that_cannot_be_read_is_a_warning(self):
        variables, group = self.groups(cpu_max="plenty")
        for command in (self.doctor("--device", "cpu"), self.start_of("--device", "cpu")):
            code, text = self.finish_of([*map(str, command)], variables)
            self.assertEqual(code, 0, text)
            self.assertIn(f"{group}/cpu.max: cannot be understood: no quota and period (its limit is not known and not kept to)", text)

    def test_a_worker_that_does_not_run_is_a_problem(self):
        code, text = self.finish_of([*map(str, self.doctor("--device", "cpu"))], fake={"no_devices": "libtorch.so: cannot open"})
        self.assertEqual(code, 4, text)
        self.assertIn("the worker does not run: libtorch.so: cannot open; run `", text)
        self.assertIn("verdict  a run would not start", text)

    def test_a_wrong_study_and_missing_data_have_the_exit_codes_of_a_run(self):
        study = json.loads(self.file.read_text())
        for change, code, words in (({"modle": {}}, 2, ":/modle: unknown key; did you mean 'model'?"),
                                    ({"dataset": {"kind": "idx_folder", "folder": "nowhere"}}, 3, "nowhere")):
            self.file.write_text(json.dumps({**study, **change}))
            for command in (self.doctor("--device", "cpu"), self.start_of("--device", "cpu")):
                found, text = self.finish_of([*map(str, command)])
                self.assertEqual(found, code, text)
                self.assertIn(words, text)

    def test_serial_mpi_in_a_parallel_step_is_refused(self):
        variables = {"SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_ID": "0"}
        for command in (self.doctor("--device", "cpu"), self.start_of("--device", "cpu")):
            code, text = self.finish_of([*map(str, command)], variables)
            self.assertEqual(code, 4, text)
            self.assertIn("MPI sees one rank in an srun of 4 tasks (each would run the whole study); start with `srun --mpi=pmix`", text)

    def test_ranks_with_different_studies_are_refused(self):
        other = self.folder / "other.json"
        other.write_text(self.file.read_text() + "\n")
        code, text = self.mpi(self.start_of("--device", "cpu"), self.start_of("--device", "cpu", study=other))
        self.assertEqual(code, 4, text)
        self.assertIn("rank 1 on ", text)
        self.assertIn("reads another study file than rank 0", text)
        self.assertEqual(text.count("reads another study file"), 1)

    def test_a_rank_without_a_gpu_among_ranks_with_one_is_refused(self):
        one, none = {"devices": {"cuda": 1, "memory": [40e9]}}, {}
        code, text = self.mpi(self.start_of("--device", "cuda"), self.start_of("--device", "cpu"), fakes=[one, none])
        self.assertEqual(code, 4, text)
        self.assertIn("no GPU is visible, while 1 of 2 ranks have one", text)
        code, text = self.mpi(self.start_of("--device", "cuda"), self.start_of("--device", "cuda"), fakes=[one, none])
        self.assertEqual(code, 4, text)
        self.assertIn("no GPU is visible (--device cuda asks for one)", text)

    def test_shared_and_mixed_gpus_are_named_in_the_log_and_by_the_doctor(self):
        variables = self.nvidia_smi("Small", "Large")
        fakes = [{"devices": {"cuda": 1, "memory": [10e9]}}] * 2
        hidden = ["env", "CUDA_VISIBLE_DEVICES=1"]
        for command, end in ((self.start_of("--device", "cuda"), "complete: 12 of 12"), (self.doctor("--device", "cuda"), "a run would start")):
            code, text = self.mpi([*hidden, *command], [*hidden, *command], fakes=fakes, variables=variables)
            self.assertEqual(code, 0, text)
            self.assertIn("2 workers (ranks 0 to 1) share cuda:0, GPU-1111 (they slow each other down); start one rank per GPU", text)
            self.assertIn("cuda:0 (Large), ", text)
            self.assertIn(end, text)
        code, text = self.mpi([*hidden, *self.doctor("--device", "cuda")], ["env", "CUDA_VISIBLE_DEVICES=0", *self.doctor("--device", "cuda")],
                              fakes=fakes, variables=variables)
        self.assertNotIn("share", text)
        self.assertIn("GPUs of different kinds: 1 x Large with 5.6 GiB for packs, 1 x Small with 5.6 GiB for packs", text)

    def test_packs_are_made_for_what_the_worker_measured(self):
        speed = [{"speed": {"flops_per_second": rate, "seconds_per_operation": 5e-6}} for rate in (4.1e13, 4.1e12)]
        fake = {"devices": {"cuda": 2, "memory": [80e9, 80e9]}, "measured": speed}
        variables = self.nvidia_smi("Big", "Big")
        words = "Big, measured: about 35.2 TFLOP/s, 0.244 ms for a step beside its networks' own work"
        code, text = self.finish_of([*map(str, self.doctor("--device", "cuda"))], variables, fake)
        self.assertEqual(code, 0, text)
        self.assertIn(f"packs    for {words}", text)
        code, text = self.finish_of([*map(str, self.start_of("--device", "cuda"))], variables, fake)
        self.assertEqual(code, 0, text)
        self.assertIn(f"packs are made for {words}", text)
        results = (self.output / "results.h5").read_bytes()
        self.assertIn(b'"packs_for"', results)
        self.assertIn(b'"profile": "measured"', results)
        # Each rank measures its own GPU; packs are made for the slower one.
        shutil.rmtree(self.output)
        code, text = self.mpi(self.start_of("--device", "cuda"), self.start_of("--device", "cuda"), fakes=[fake] * 2, variables=variables)
        self.assertEqual(code, 0, text)
        self.assertIn("packs are made for Big, measured: about 4.4 TFLOP/s", text)

    def test_a_gpu_that_cannot_be_measured_is_taken_for_the_stated_one(self):
        fake = {"devices": {"cuda": 1, "memory": [80e9]}, "measured": [{"unmeasured": "CUDA error: out of memory"}]}
        code, text = self.finish_of([*map(str, self.start_of("--device", "cuda"))], self.nvidia_smi("Big"), fake)
        self.assertEqual(code, 0, text)
        self.assertIn("a GPU could not be measured: CUDA error: out of memory (packs are made for a stated one)", text)
        self.assertIn("packs are made for Big, by the stated numbers that no GPU has confirmed: about 45 TFLOP/s", text)
        shutil.rmtree(self.output)
        code, text = self.finish_of([*map(str, self.start_of("--device", "cpu"))], self.nvidia_smi("Big"), fake)
        self.assertEqual(code, 0, text)
        self.assertNotIn("packs are made for", text)
        self.assertNotIn(b'"packs_for"', (self.output / "results.h5").read_bytes())

    def test_a_metric_that_no_worker_has_the_memory_for_is_warned_of(self):
        content = study()
        content["metrics"] = {"fit": {"kind": "kernel_regression"}}
        self.write(content)
        fake = {"devices": {"cuda": 1, "memory": [1e9]}}
        for command in (self.doctor("--device", "cuda"), self.start_of("--device", "cuda")):
            code, text = self.finish_of([*map(str, command)], self.nvidia_smi("Small"), fake=fake)
            self.assertEqual(code, 0, text)
            self.assertRegex(text, r"trial [0-9a-f]{16} needs about [0-9.]+ GiB for metric 'fit', more than the [0-9.]+ MiB of a "
                                   r"worker \(it would be killed, and the trial given up\); ask for fewer samples there, ")
        content["metrics"] = {}
        self.write(content)
        shutil.rmtree(self.output)
        code, text = self.finish_of([*map(str, self.doctor("--device", "cuda"))], self.nvidia_smi("Small"), fake=fake)
        self.assertNotIn("needs about", text)

    def mounted(self, options, size):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)], capture_output=True).returncode != 0:
            self.skipTest("cannot mount a small file system here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        self.output = disk / "out"
        self.output.mkdir()
        if options:
            subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)

    def test_a_read_only_output_is_refused(self):
        self.mounted("ro", "1m")
        for command in (self.doctor("--device", "cpu"), self.start_of("--device", "cpu")):
            code, text = self.finish_of([*map(str, command)])
            self.assertEqual(code, 4, text)
            self.assertIn("Read-only file system (error 30); make ", text)
            self.assertIn("or choose another --output", text)

    def test_a_full_output_is_refused(self):
        self.mounted("", "64k")
        with open(self.output.parent / "filler", "wb") as file:
            try:
                file.write(b"x" * 70000)
            except OSError:
                pass
        code, text = self.finish_of([*map(str, self.doctor("--device", "cpu"))])
        self.assertEqual(code, 4, text)
        self.assertIn(f"{self.output}: cannot write there: No space left on device (error 28); free some space or choose another --output", text)
        code, text = self.finish_of([*map(str, self.start_of("--device", "cpu"))])
        self.assertEqual(code, 4, text)
        self.assertIn("No space left on device", text)

    def test_an_output_without_locks_is_a_warning_and_the_run_completes(self):
        preload = {"LD_PRELOAD": str(TESTS / "libeigensweep_no_locks.so")}
        code, text = self.finish_of([*map(str, self.doctor("--device", "cpu"))], preload)
        self.assertEqual(code, 0, text)
        self.assertIn("warning  ", text)
        self.assertIn("this file system has no locks: nothing prevents a run on another machine from writing here too", text)
        code, text = self.finish_of([*map(str, self.start_of("--device", "cpu"))], preload)
        self.assertEqual(code, 0, text)
        self.assertIn("this file system has no locks", text)
        self.assertTrue((self.output / "results.h5").exists())

    def test_an_output_that_nodes_do_not_share_is_refused(self):
        if not shutil.which("unshare") or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
            self.skipTest("cannot make a node with a file system of its own here")
        self.output.mkdir()
        elsewhere = ["unshare", "-m", "sh", "-c", f"mount -t tmpfs none {self.output} && exec \"$@\"", "sh"]
        code, text = self.mpi(self.start_of("--device", "cpu"), [*elsewhere, *self.start_of("--device", "cpu")])
        self.assertEqual(code, 4, text)
        self.assertIn(f"{self.output}: is not the folder that rank 0 sees (this node does not share its file system", text)

    def test_a_running_study_is_named(self):
        process = self.start("--time-budget", "1m", fake={"step_ms": 200})
        self.addCleanup(process.kill)
        while not (self.output / "status.json").exists():
            self.assertIsNone(process.poll())
        code, text = self.finish_of([*map(str, self.doctor("--device", "cpu"))])
        self.assertEqual(code, 4, text)
        self.assertIn(f"a run writes here (process {process.pid} on ", text)
        process.terminate()
        self.finish(process, 75)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
