# SPDX-License-Identifier: MIT
"""Every command, when what it prints cannot be written: a full disk, a closed standard output, a reader that left."""

import json
import os
import signal
import subprocess
import sys
import unittest

from commands import BIN, COMMANDS, SOURCE, CommandCase, small_study

SENTENCE = b"eigensweep: standard output: cannot write all of it; make space, or write to another place\n"


class Output(CommandCase):
    def setUp(self):
        super().setUp()
        (self.folder / "digits").symlink_to(SOURCE / "data" / "mnist")
        self.write(small_study())
        done = self.call(*self.words("run", self.file, self.output))
        self.assertEqual(done.returncode, 0, done.stderr)

    def calls(self):
        """Every way to make the program print something, with its output."""
        printing = []
        for words in (["--help"], ["--version"], *([command, "--help"] for command in COMMANDS),
                      *(self.words(command, self.file, self.output) for command in COMMANDS)):
            done = self.call(*words)
            self.assertEqual(done.returncode, 0, (words, done.stderr))
            if words[0] in ("run", "attack") and words[-1] != "--help":
                self.assertEqual(done.stdout, b"")  # they write to standard error
            else:
                self.assertNotEqual(done.stdout, b"", words)
                printing.append(words)
        self.assertEqual(len(printing), 2 + 2 * len(COMMANDS) - 2)
        return printing

    def test_a_run_s_folder_is_named_by_a_file_in_it_too(self):
        for command in ("status", "collect", "show", "export"):
            named = [self.call(command, str(place)) for place in (self.output, self.output / "results.h5")]
            self.assertEqual([done.returncode for done in named], [0, 0], command)
            self.assertEqual(named[0].stdout, named[1].stdout, command)

    def test_a_run_says_what_it_trains_and_what_it_only_measures(self):
        study = small_study()
        study["model"]["width"]["sweep"].append(24)
        study["attacks"]["fgsm"]["epsilon"]["sweep"].append(0.2)
        self.write(study)
        done = self.call(*self.words("run", self.file, self.output))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b" networks: 1 to train, 2 kept to attack or measure, in ", done.stderr)

    def test_what_cannot_be_written_is_told_with_exit_code_4(self):
        for words in self.calls():
            for place, redirection in (("a full disk", ">/dev/full"), ("no standard output", ">&-"), ("nothing open", "<&- >&-")):
                with self.subTest(words=words, place=place):
                    shell = ["bash", "-c", f'exec "$@" {redirection}', "bash", str(BIN / "eigensweep"), *map(str, words)]
                    done = subprocess.run(shell, stderr=subprocess.PIPE, env=self.environment({}), check=False, timeout=120)
                    self.assertEqual(done.returncode, 4, done.stderr)
                    self.assertTrue(done.stderr.endswith(SENTENCE), done.stderr)
                    self.assertEqual(done.stderr.count(SENTENCE), 1)

    def test_a_reader_that_left_hears_nothing(self):
        quiet = {tuple(words): self.call(*words).stderr for words in self.calls()}
        for words, stderr in quiet.items():
            for ignored in (False, True):  # whether the parent process ignores SIGPIPE
                with self.subTest(words=words, ignored=ignored):
                    reader, writer = os.pipe()
                    os.close(reader)
                    disposition = signal.SIG_IGN if ignored else signal.SIG_DFL
                    done = self.call(*words, stdout=writer, restore_signals=False,
                                     preexec_fn=lambda: signal.signal(signal.SIGPIPE, disposition))  # noqa: B023
                    os.close(writer)
                    self.assertEqual(done.returncode, 0 if ignored else -signal.SIGPIPE)
                    if b"\n" not in stderr:  # doctor and submit print more, with numbers that change
                        self.assertEqual(done.stderr, stderr)
                    self.assertNotIn(b"standard output", done.stderr)

    def test_an_error_keeps_its_code_when_nothing_can_be_printed(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.call("validate", str(self.folder / "none.json"), stdout=full).returncode, 3)
            self.assertEqual(self.call("validate", stdout=full).returncode, 2)

    def test_no_file_of_a_run_takes_the_place_of_a_closed_stream(self):
        self.write(small_study() | {"seed": {"sweep": [0, 1]}})
        words = self.words("run", self.file, self.output)
        shell = ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash", str(BIN / "eigensweep"), *map(str, words)]
        self.assertEqual(subprocess.run(shell, env=self.environment({}), check=False, timeout=120).returncode, 0)
        self.assertEqual(len(self.records()), 12)
        self.assertEqual(self.status()["state"], "complete")
        shown = json.loads(self.call("show", str(self.output), "--json").stdout)
        self.assertEqual(shown["trials"]["ok"], 4)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
