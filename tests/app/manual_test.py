# SPDX-License-Identifier: MIT
"""The manual page, the completions and the examples of every --help."""

import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from commands import COMMANDS, CommandCase


class Manual(CommandCase):
    def said(self, *words):
        done = self.call(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_the_examples_of_every_command_are_command_lines_that_it_takes(self):
        for command in COMMANDS:
            page = self.said(command, "--help")
            examples = re.findall(r"^  eigensweep (.*)$", page, re.MULTILINE)
            self.assertTrue(examples, command)
            for example in examples:
                words = shlex.split(re.split(r" [|>]", example)[0])
                self.assertEqual(words[0], command)
                for word in words[1:]:
                    if word.startswith("--"):
                        self.assertRegex(page, rf"(?m)^ .*{word}\b", f"{command} has no {word}")

    def test_the_manual_page_has_every_command_and_option(self):
        page = self.said("man")
        for command in COMMANDS:
            self.assertIn(f".SS {command}\n", page)
            for option in re.findall(r"--[a-z][a-z-]*", self.said(command, "--help").partition("Examples:")[0]):
                if option != "--help":
                    self.assertIn(option.replace("-", "\\-"), page, command)
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page.encode(), capture_output=True, check=True)
            self.assertEqual(done.stderr, b"")
            self.assertIn("EXIT STATUS", re.sub(r".\x08|\x1b\[\d+m", "", done.stdout.decode()))

    def completed(self, *words):
        """What bash completes the last of these words to."""
        script = "\n".join([self.said("completion", "bash"), f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}",
                            "_eigensweep", 'printf "%s\\n" "${COMPREPLY[@]}"'])
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completes_commands_options_and_names(self):
        self.assertEqual(set(COMMANDS) | {"--help", "--version"}, set(self.completed("eigensweep", "")))
        self.assertEqual(["status", "submit"], sorted(w for w in self.completed("eigensweep", "s") if w[1] in "tu"))
        self.assertEqual(["--workers"], self.completed("eigensweep", "plan", "--work"))
        self.assertEqual(["mi_fgsm"], self.completed("eigensweep", "describe", "mi"))
        self.assertEqual([], self.completed("eigensweep", "run", "stu"))  # bash then takes files

    def test_zsh_takes_its_script(self):
        text = self.said("completion", "zsh")
        self.assertTrue(text.startswith("#compdef eigensweep\n"))
        for command in COMMANDS:
            self.assertIn(f"\n  {command}) options=(\n", text)
        if shutil.which("zsh"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "_eigensweep"
                path.write_text(text)
                subprocess.run(["zsh", "-n", str(path)], check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
