# SPDX-License-Identifier: MIT
"""Every command with files and folders of every kind of name. It works, or one line refuses it at the start."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import unittest

from commands import BIN, COMMANDS, SOURCE, WITHOUT_PATHS, CommandCase, small_study
from harness import study

GOOD = ["my runs", "don't", 'say "hi"', "a#b", "100%", "%j", "-dash", "caf\u00e9", "back\\slash", "$HOME", "a;b&c", "*", "~", " ", "!x", "a" * 250]
BAD = {
    b"caf\xe9": rb"'caf\\xe9[^']*' is not UTF-8 \(status.json and results.h5 hold no other text\); rename the file or folder",
    b"two\nlines": rb"'two\\nlines[^']*' holds a line end or another control character",
    b"tab\t": rb"holds a line end or another control character",
    b"\x7f": rb"holds a line end or another control character",
    b"x" * 300: rb"command line: 'x+\.\.\.' has 300 bytes \(a file's name has 255 at most\); choose a shorter one",
    b"/".join([b"y" * 200] * 21): rb"is a path of 4\d\d\d bytes from the root \(with the names below it the system takes 3968\); choose a shorter one",
}


class Names(CommandCase):
    def place(self, name):
        """A folder of this name with a study and its images."""
        place = self.folder / name
        place.mkdir()
        (place / "digits").symlink_to(SOURCE / "data" / "mnist")
        self.write(small_study())
        self.file.rename(place / "study.json")
        return place

    def test_every_command_works_with_every_name(self):
        for name in GOOD:
            place = self.place(name)
            for command in COMMANDS:  # a run is the first
                with self.subTest(name=name, command=command):
                    words = self.words(command, place / "study.json", place / name)
                    done = self.call(*words)
                    if command == "submit" and "\\" in name:
                        self.assertEqual(done.returncode, 2)
                        self.assertIn(b"holds a backslash (SLURM drops it from the name of a job's log); rename the folder", done.stderr)
                        continue
                    self.assertEqual(done.returncode, 0, done.stderr)
                    # The same from inside, by relative names.
                    relative = self.words(command, "study.json", f"./{name}")
                    done = self.call(*relative, cwd=place)
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_cannot_be_a_name_everywhere_is_refused_before_anything_starts(self):
        for name, message in BAD.items():
            for command in COMMANDS:
                if command in WITHOUT_PATHS:
                    continue
                with self.subTest(name=name[:40], command=command):
                    words = self.words(command, os.fsdecode(name) + ".json" if len(name) < 9 else os.fsdecode(name), os.fsdecode(name))
                    self.refused(self.call(*words, cwd=self.folder), message)
                    self.assertEqual([path.name for path in self.folder.iterdir()], ["study.json"])

    def test_a_current_folder_of_such_a_name_is_refused(self):
        for name in (b"caf\xe9", b"two\nlines"):
            place = os.fsencode(self.folder) + b"/" + name
            os.mkdir(place)
            for command in COMMANDS:
                with self.subTest(name=name, command=command):
                    done = self.call(*self.words(command, "study.json", "out"), cwd=place)
                    self.refused(done, b"current folder: '.*" + re.escape(name[-2:] if name.endswith(b"es") else b"\\xe9"))
                    self.assertEqual(os.listdir(place), [])
        gone = self.folder / "gone"
        gone.mkdir()
        done = subprocess.run(["bash", "-c", f'cd gone && rmdir "$PWD" && exec "{BIN}/eigensweep" describe'], cwd=self.folder,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (4, b"eigensweep: current folder: No such file or directory "
                                                                          b"(was it removed?); go to one that is there"))

    def refused(self, done, message):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr, b"^eigensweep: ")
        self.assertRegex(done.stderr, message)
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        self.assertEqual(done.stdout, b"")

    def test_variables_of_such_names_do_no_harm(self):
        odd = os.fsencode(self.folder) + b"/caf\xe9 'x'"
        os.mkdir(odd)
        place = self.place("plain")
        environment = self.environment({}) | {name: os.fsdecode(odd) for name in ("HOME", "TMPDIR", "PWD", "SLURM_JOB_NAME", "USER")}
        for command in COMMANDS:
            with self.subTest(command=command):
                done = self.call(*self.words(command, place / "study.json", place / "out"), env=environment, cwd=place)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_paths_in_a_study_are_refused_with_their_place(self):
        for folder, message in (
            ("x" * 300, rb"'x+\.\.\.' has 300 bytes \(a file's name has 255 at most\); choose a shorter one\n"),
            ("y/" * 2200, rb"'/[^']+\.\.\.' is a path of 4\d\d\d bytes from the root \(.*\); choose a shorter one\n"),
            ("two\nlines", rb"'two\\nlines' holds a line end or another control character \(.*\); rename the file or folder\n"),
            ("tab\t", rb"'tab\\t' holds a line end or another control character"),
            ("\x1b[31mred", rb"'\\u001b\[31mred' holds a line end or another control character"),
        ):
            self.write(small_study() | {"dataset": {"folder": folder}})
            for command in ("validate", "plan", "run", "submit", "simulate"):
                with self.subTest(folder=folder[:20], command=command):
                    words = self.words(command, str(self.file), str(self.output))
                    if command == "plan":
                        words = words[:2]
                    self.refused(self.call(*words), rb":/dataset/folder: " + message)
                    self.assertFalse(self.output.exists())
        self.file.write_bytes(b'{"name": "x", "dataset": {"folder": "caf\xe9"}}')
        done = self.call("validate", str(self.file))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"not valid JSON: ", done.stderr)

    def pasted(self, command, cwd):
        """The program's arguments after a shell has parsed a printed command."""
        shell = 'eigensweep() { printf "%s\\0" "$@"; }; sbatch() { eigensweep "$@"; }; ' + command
        done = subprocess.run(["bash", "-c", shell], cwd=cwd, capture_output=True, check=True)
        return [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]

    def test_every_printed_command_can_be_pasted(self):
        for name in ("my runs", "don't", 'say "hi"', "a#b", "-dash", "$HOME", "a;b&c", "*"):
            with self.subTest(name=name):
                place = self.place(name)
                output = place / name
                file = place / f"{name}.json"
                file.write_text(json.dumps(study(seeds=1)))
                wanted = ["run", str(file), "--output", str(output)]
                # A stopped run: check the output of the run and of `status`.
                process = subprocess.Popen([str(BIN / "eigensweep"), "run", f"./{name}.json", "--output", f"./{name}", "--device", "cpu"],
                                           cwd=place, env=self.environment({"steps": 1000, "step_ms": 20}), stderr=subprocess.PIPE, text=True)
                self.wait_for((output / "status.json").exists)
                process.send_signal(signal.SIGTERM)
                said = process.communicate(timeout=60)[1]
                self.assertEqual(process.returncode, 75, said)
                command = re.search(r"`(.*)` continues", said).group(1)
                self.assertEqual(self.pasted(command, place), ["run", f"./{name}.json", "--output", str(output)])
                shown = self.call("status", str(output)).stdout.decode()
                self.assertEqual(self.pasted(re.search(r"`(.*)` continues", shown).group(1), place), self.pasted(command, place))
                # A killed run: only `status` prints something.
                status = (output / "status.json").read_text()
                (output / "status.json").write_text(status.replace('"state": "stopped"', '"state": "running"'))
                shown = self.call("status", str(output)).stdout.decode()
                self.assertIn("state    interrupted", shown)
                pasted = self.pasted(re.search(r"`(eigensweep run .*?)` continues\n", shown).group(1), place)
                self.assertEqual([*map(os.path.normpath, pasted)], wanted)
                # A folder that does not exist.
                empty = place / f"{name} none"
                said = self.call("status", str(empty)).stderr.decode()
                self.assertEqual(self.pasted(re.search(r"`eigensweep run STUDY (.*)`", said).group(0).strip("`"), place),
                                 ["run", "STUDY", "--output", str(empty)])
                # A submitted job.
                commands = place / "commands"
                commands.mkdir()
                (commands / "sbatch").write_text("#!/bin/sh\necho 17\n")
                (commands / "sbatch").chmod(0o755)
                environment = self.environment({}) | {"PATH": f"{commands}:{os.environ['PATH']}"}
                done = self.call("submit", str(file), "--output", str(output), env=environment)
                self.assertEqual(done.returncode, 0, done.stderr)
                text = done.stdout.decode()
                self.assertEqual(self.pasted(re.search(r"eigensweep status .*", text).group(0), place), ["status", str(output)])
                self.assertEqual(self.pasted(re.search(r"; (sbatch .*) continues", text).group(1), place), [str(output / "job.sbatch")])

    def test_a_worker_that_does_not_run_is_named_as_one_runs_it(self):
        worker = self.folder / "my worker's"
        worker.write_text("#!/bin/sh\nexit 3\n")
        worker.chmod(0o755)
        done = self.call(*self.words("doctor", self.file, self.output), env=self.environment({}) | {"EIGENSWEEP_WORKER": str(worker)})
        self.assertEqual(done.returncode, 4)
        command = re.search(rb"run `(.*)` by hand to see why", done.stdout).group(1).decode()
        self.assertEqual(shlex.split(command), [str(worker), "--devices"])


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
