# SPDX-License-Identifier: MIT
"""Every command that would write into a folder that is not ours refuses it and changes nothing in it. A folder of ours
can be used by every user who has the permission to write there."""

import contextlib
import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tty
import unittest
from pathlib import Path

from harness import BIN, Case, study


def content(folder):
    """The content of a folder by path: bytes of files, targets of links, None for folders."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found[name] = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
    return found


class Foreign(Case):
    """Folders that already hold other files before a run."""

    def command(self, name, *options, study_file=None, cwd=None):
        """Runs a command of eigensweep on the study. Returns its exit code and its output."""
        words = [str(BIN / "eigensweep"), name, *([str(study_file or self.file)] if name != "collect" else []), *map(str, options)]
        environment = self.environment({})
        commands = self.folder / "commands"
        if not commands.exists():  # a fake sbatch that submits nothing
            commands.mkdir()
            (commands / "sbatch").write_text("#!/bin/sh\necho 17\n")
            (commands / "sbatch").chmod(0o755)
        environment["PATH"] = f"{commands}:{environment['PATH']}"
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, cwd=cwd)
        return done.returncode, done.stdout

    def project(self):
        """Makes a typical project folder with a study in it."""
        folder = self.folder / "project"
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("checkpoints", "models", "logs"):
            (folder / name).mkdir(parents=True)
        (folder / "checkpoints" / "resnet-epoch-90.pt").write_text("three days of work\n")
        (folder / "thesis.tmp").write_text("draft\n")
        (folder / "models" / "big.tmp").write_text("half a download\n")
        (folder / "results.h5").write_text("results of another program\n")
        (folder / "study.json").write_text(json.dumps(study(), indent=7))
        return folder

    def test_a_project_folder_is_refused_by_every_command_that_would_write_there(self):
        folder = self.project()
        before = content(folder)
        for name in ("run", "doctor", "submit"):
            with self.subTest(command=name):
                code, text = self.command(name, "--output", ".", study_file="study.json", cwd=folder)
                self.assertEqual(code, 2, text)
                self.assertEqual(text.count(f"{folder}: holds 'checkpoints', 'logs', 'models' and 2 more, and is no output folder of eigensweep "
                                            "(a run would put its files among them, and replace what has the name of one); "
                                            "choose another --output, one that is empty or not there yet\n"), 1, text)
                self.assertNotIn("all is well", text)
                self.assertEqual(content(folder), before)

    def test_collect_refuses_what_is_not_ours_and_misses_a_ledger_in_what_is(self):
        folder = self.project()
        before = content(folder)
        code, text = self.command("collect", folder)
        self.assertEqual(code, 2, text)
        self.assertEqual(text, f"eigensweep: {folder}: holds 'checkpoints', 'logs', 'models' and 3 more, and is no output folder of "
                         "eigensweep; name that of a run\n")
        self.assertEqual(content(folder), before)
        empty = self.folder / "empty"
        empty.mkdir()
        self.run_study()
        (self.output / "ledger.bin").unlink()
        for place in (empty, self.folder / "none", self.output):
            code, text = self.command("collect", place)
            self.assertEqual(code, 3, text)
            self.assertEqual(text, f"eigensweep: {place}/ledger.bin: does not exist; name an output folder of 'eigensweep run'\n")

    def test_a_foreign_ledger_and_study_are_refused_by_collect(self):
        folder = self.project()
        (folder / "ledger.bin").write_text("accounts of 2025\n")
        before = content(folder)
        code, text = self.command("collect", folder)
        self.assertEqual(code, 2, text)
        self.assertIn("is no output folder of eigensweep", text)
        self.assertEqual(content(folder), before)

    def test_a_folder_with_nothing_but_the_study_becomes_ours_and_the_study_stays_as_it_was_written(self):
        folder = self.folder / "alone"
        folder.mkdir()
        by_hand = json.dumps(study(), indent=7) + "\n\n"
        (folder / "study.json").write_text(by_hand)
        self.output = folder
        for name in ("doctor", "submit", "run", "run", "collect"):
            with self.subTest(command=name):
                options = [folder] if name == "collect" else ["--output", "."]
                code, text = self.command(name, *options, study_file="study.json", cwd=folder)
                self.assertEqual(code, 0, text)
                self.assertEqual((folder / "study.json").read_text(), by_hand)
        self.assertEqual(len(self.records()), 36)
        # Files that the user adds later are kept.
        mine = {"thesis.tmp": "draft", "checkpoints/resnet.pt": "work", "models/big.tmp": "half", "results.h5.tmp": "x"}
        for name, text in mine.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        (folder / "study.json").write_text(json.dumps(study(seeds=4), indent=7))
        code, text = self.command("run", "--output", ".", study_file="study.json", cwd=folder)
        self.assertEqual(code, 0, text)
        for name, text in mine.items():
            self.assertEqual((folder / name).read_text(), text, name)
        self.assertEqual(json.loads((folder / "study.json").read_text())["seed"], {"sweep": [0, 1, 2, 3]})

    def test_a_folder_of_an_earlier_version_goes_on_also_without_its_ledger(self):
        self.run_study()
        expected = self.content()
        (self.output / ".eigensweep").unlink()
        self.assertIn("12 of 12 trials are already done", self.run_study())
        (self.output / ".eigensweep").unlink()
        (self.output / "ledger.bin").unlink()
        for name in ("doctor", "submit"):
            code, text = self.command(name, "--output", self.output)
            self.assertEqual(code, 0, text)
            (self.output / ".eigensweep").unlink(missing_ok=True)
        self.assertIn("has no records, but networks lie in ", self.run_study())
        self.assertEqual(self.content(), expected)

    def test_a_run_that_is_killed_at_any_moment_of_its_start_goes_on(self):
        self.run_study()
        expected = self.content()
        names = (".eigensweep", "lock", "logs/", "models/", "checkpoints/", "study.json", "ledger.bin")
        for count in range(1, len(names) + 1):
            with self.subTest(after=names[count - 1]):
                output = self.folder / f"killed{count}"
                output.mkdir()
                for name in names[:count]:
                    if name.endswith("/"):
                        (output / name).mkdir()
                    else:
                        (output / name).write_bytes(b"")
                if count > 5:
                    shutil.copy(self.output / "study.json", output / "study.json")
                self.run_study(output=output)
                self.assertEqual(self.content(output), expected)


class Exports(Case):
    """The targets of `export --output`."""

    def setUp(self):
        super().setUp()
        self.write(study(seeds=1, widths=(8,)))
        self.run_study("--workers", 1)
        self.table = self.export().stdout
        self.assertGreater(self.table.count("\n"), 2)

    def command(self, *output):
        return [str(BIN / "eigensweep"), "export", "--csv", str(self.output), *map(str, output)]

    def export(self, *output, expect=0, **options):
        done = subprocess.run(self.command(*output), text=True, timeout=60, cwd=self.folder,
                              **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options))
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def test_the_results_that_are_read_and_files_of_a_run_are_never_written_over(self):
        (self.folder / "link.csv").symlink_to(self.output / "results.h5")
        trial = next((self.output / "models").iterdir(), None)
        files = [self.output / name for name in ("ledger.bin", "study.json", "status.json", "datasets.json", "lock", ".eigensweep")]
        before = {path: path.read_bytes() for path in [*files, self.output / "results.h5"] if path.exists()}
        self.assertIn(self.output / "ledger.bin", before)
        for path in (self.output / "results.h5", self.folder / "link.csv"):
            said = self.export("--output", path, expect=2).stderr
            self.assertEqual(said, f"eigensweep: --output: {path} is the results file that is read; name another file\n")
        for path in [path for path in files if path in before] + ([trial] if trial else []):
            said = self.export("--output", path, expect=2).stderr
            self.assertEqual(said, f"eigensweep: --output: {path} is a file of a run's output folder; name another file\n")
        self.assertEqual({path: path.read_bytes() for path in before}, before)
        self.export("--output", self.output / "table.csv")  # a new file is allowed there
        self.assertEqual((self.output / "table.csv").read_text(), self.table)

    def test_links_are_followed_and_a_neighbours_tmp_stays(self):
        (self.folder / "real").mkdir()
        (self.folder / "link.csv").symlink_to("real/table.csv")
        for name in ("table.csv.tmp", "link.csv.tmp", "real/table.csv.tmp"):
            (self.folder / name).write_text("notes of mine")
        for _ in range(2):  # at first the target of the link does not exist
            self.export("--output", "link.csv")
            self.assertTrue((self.folder / "link.csv").is_symlink())
            self.assertEqual((self.folder / "real" / "table.csv").read_text(), self.table)
        self.export("--output", "table.csv")
        for name in ("table.csv.tmp", "link.csv.tmp", "real/table.csv.tmp"):
            self.assertEqual((self.folder / name).read_text(), "notes of mine")
        self.assertEqual([path for path in self.folder.rglob(".eigensweep-tmp-*")], [])

    def test_standard_output_by_any_of_its_names_is_written_at_its_end(self):
        (self.folder / "stdout").symlink_to("/proc/self/fd/1")
        # /dev/stdout is not tested as root: a bug in export could then replace that file of the machine.
        for name in ("/dev/fd/1", "/proc/self/fd/1", "stdout", *(["/dev/stdout"] if os.geteuid() != 0 else [])):
            with self.subTest(name=name):
                self.assertEqual(self.export("--output", name).stdout, self.table)
                log = self.folder / "log"
                log.write_text("before\n")
                with open(log, "a", encoding="utf-8") as stream:
                    self.export("--output", name, stdout=stream)
                self.assertEqual(log.read_text(), "before\n" + self.table)
        self.assertTrue((self.folder / "stdout").is_symlink())

    def test_a_fifo_and_a_process_substitution_are_written_to(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        reader = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(reader.kill)
        self.export("--output", fifo)
        self.assertEqual(reader.communicate(timeout=60)[0], self.table)
        self.assertTrue(fifo.is_fifo())
        shell = "exec 3>got; exec > >(cat >&3); exec " + " ".join(map(shlex.quote, self.command())) + " --output >(cat >&3)"
        subprocess.run(["bash", "-c", shell], cwd=self.folder, check=True, timeout=60)
        self.wait_for(lambda: (self.folder / "got").read_text() == self.table)

    def test_a_device_stays_one(self):
        # A pseudo-terminal: even if export is wrong, not even root can replace it.
        master, terminal = os.openpty()
        self.addCleanup(os.close, master)
        tty.setraw(terminal)
        self.export("--output", os.ttyname(terminal))
        got = b""
        while got.count(b"\n") < self.table.count("\n"):
            got += os.read(master, 1 << 16)
        self.assertEqual(got.decode().replace("\r\n", "\n"), self.table)

    def test_a_full_device_is_an_error_and_stays_one(self):
        full = Path("/dev/full")
        if os.geteuid() == 0:
            full = self.folder / "full"
            try:
                os.mknod(full, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
                open(full, "wb").close()
            except OSError as error:
                self.skipTest(f"root that may make no device would put the machine's own at risk: {error}")
        self.assertEqual(self.export("--output", full, expect=4).stderr,
                         f"eigensweep: {full}: cannot write: No space left on device (error 28); free some space, then run the same command again\n")
        self.assertTrue(full.is_char_device())


class Members(Case):
    """Folders that several users share."""

    GROUP, FIRST, SECOND = 2000, 2001, 2002

    def shared(self):
        """Makes a project folder of a group, with the study in it."""
        if os.geteuid() != 0:
            self.skipTest("only root can act as two users")
        self.folder.chmod(0o755)
        try:
            subprocess.run([str(BIN / "eigensweep"), "--version"], user=self.FIRST, group=self.GROUP, extra_groups=[], check=True, capture_output=True)
        except OSError as error:
            self.skipTest(f"another user cannot run the program here: {error}")
        folder = self.folder / "project"
        folder.mkdir()
        os.chown(folder, self.FIRST, self.GROUP)
        folder.chmod(0o2775)
        (folder / "study.json").write_text(json.dumps(study()))
        self.output = folder / "runs" / "test"
        return folder

    def newest(self, folder):
        """When the last network or checkpoint of the run was written; 0 if there is none."""
        times = [0]
        for path in (self.output / folder).glob("*.safetensors"):
            with contextlib.suppress(FileNotFoundError):  # removed since it was listed
                times.append(path.stat().st_mtime_ns)
        return max(times)

    def by(self, user, folder, *words, expect=0, umask=0o002, fake=None):
        done = subprocess.run([str(BIN / "eigensweep"), *map(str, words)], env=self.environment(fake or {}) | {"HOME": str(folder)}, cwd=folder, user=user,
                              group=self.GROUP, extra_groups=[], umask=umask, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, done.stdout)
        return done.stdout

    def test_umask_and_the_setgid_bit_decide_the_modes_of_all_that_a_run_leaves(self):
        self.output.mkdir()
        self.output.chmod(0o2777)
        for mask, files, folders in ((0o002, 0o664, 0o2775), (0o022, 0o644, 0o2755), (0o077, 0o600, 0o2700)):
            shutil.rmtree(self.output)
            self.output.mkdir()
            self.output.chmod(0o2777)
            command = [str(BIN / "eigensweep"), "run", str(self.file), "--output", str(self.output), "--workers", "1", "--checkpoint-every", "0.001s"]
            process = subprocess.Popen(command, env=self.environment({"steps": 400, "step_ms": 5}), umask=mask, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True)
            # A checkpoint that is older than the last network is that of a pack about to end, and is removed with it.
            self.wait_for(lambda: 0 < self.newest("models") < self.newest("checkpoints"))
            process.terminate()
            self.finish(process, 75)
            modes = {str(path.relative_to(self.output)): (path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in self.output.rglob("*")}
            for name in (".eigensweep", "lock", "ledger.bin", "results.h5", "study.json", "status.json", "models", "checkpoints", "logs"):
                self.assertIn(name, modes)
            for name, (is_folder, mode) in modes.items():
                self.assertEqual(oct(mode), oct(folders if is_folder else files), name)
            self.assertEqual({name.split("/")[0] for name in modes if "/" in name}, {"models", "checkpoints", "logs"})

    def test_two_members_of_a_group_continue_each_others_run(self):
        folder = self.shared()
        slow = {"steps": 2000, "step_ms": 5}  # no pack ends within the budget, so there is a checkpoint
        self.by(self.FIRST, folder, "run", "study.json", "--workers", 1, "--time-budget", "4s", "--time-margin", "1s",
                "--checkpoint-every", "0.001s", expect=75, fake=slow)
        self.assertTrue(list((self.output / "checkpoints").iterdir()))
        self.assertIn("all is well", self.by(self.SECOND, folder, "doctor", "study.json", "--device", "cpu"))
        self.by(self.SECOND, folder, "run", "study.json", "--workers", 1)
        self.assertEqual(len(self.records()), 36)
        self.assert_nothing_twice()
        self.by(self.FIRST, folder, "collect", "runs/test")
        self.assertIn("12 of 12 trials are already done", self.by(self.FIRST, folder, "run", "study.json", "--workers", 1))
        for path in self.output.rglob("*"):
            self.assertEqual(path.stat().st_gid, self.GROUP, path)

    def test_whom_the_folder_is_closed_to_is_told_by_doctor_and_by_run_what_to_ask_for(self):
        folder = self.shared()
        self.by(self.FIRST, folder, "run", "study.json", "--workers", 1, umask=0o022)
        ledger = (self.output / "ledger.bin").read_bytes()
        advice = ("let its owner run `chmod -R g+rwX` on the output folder (umask 002 makes it so from the start), "
                  "or choose another --output\n")
        for words in (["doctor", "study.json", "--device", "cpu"], ["run", "study.json"]):
            with self.subTest(command=words[0]):
                text = self.by(self.SECOND, folder, *words, expect=4)
                for name, what, mode in (("lock", "open it for writing", "0644"), ("ledger.bin", "open it for writing", "0644"),
                                         ("models", "write there", "2755"), ("logs", "write there", "2755"),
                                         ("logs/worker-0-0.log", "open it for writing", "0644")):
                    self.assertIn(f"{self.output}/{name}: cannot {what}: Permission denied (error 13) (it belongs to user {self.FIRST}, mode {mode}); "
                                  + advice, text)
                self.assertNotIn("all is well", text)
        self.assertEqual((self.output / "ledger.bin").read_bytes(), ledger)
        # After the chmod that the message asks for, the run continues.
        subprocess.run(["chmod", "-R", "g+rwX", str(self.output)], check=True)
        self.by(self.SECOND, folder, "run", "study.json", "--workers", 1)

    def test_a_sticky_folder_keeps_others_from_replacing_results(self):
        folder = self.shared()
        self.by(self.FIRST, folder, "run", "study.json", "--workers", 1)
        self.output.chmod(0o3775)
        for words in (["doctor", "study.json", "--device", "cpu"], ["run", "study.json"]):
            text = self.by(self.SECOND, folder, *words, expect=4)
            self.assertIn(f"{self.output}/results.h5: cannot replace it: Operation not permitted (error 1) (it belongs to user {self.FIRST}", text)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
