# SPDX-License-Identifier: MIT
"""Wrong command lines, and studies whose texts hold line ends and escapes: one line, with the program's name."""

import re
import sys
import unittest

from commands import COMMANDS, CommandCase

GENERATED = {
    "name": "test",
    "dataset": {"kind": "gaussian", "input_size": 8, "classes": 3, "train_samples": 60, "test_samples": 40},
    "model": {"kind": "mlp", "width": 8},
    "training": {"epochs": 1, "batch_size": 20},
    "metrics": {"accuracy": {}},
}

COMMAND_LINES = {
    (): "the command is missing; run 'eigensweep --help'",
    ("plam", "study.json"): r"'plam' is no command \(did you mean 'plan'\?\); run 'eigensweep --help'",
    ("a\nb",): r"'a\\nb' is no command; run 'eigensweep --help'",
    ("--workers", "2"): "'--workers' is no option before a command; run 'eigensweep --help'",
    ("validate",): "study is required; run 'eigensweep validate --help'",
    ("run", "study.json", "--workers", "0"): "--workers: Value 0 not in range 1 to 4096; run 'eigensweep run --help'",
    ("run", "study.json", "--device", "g\x1b[31m"): r"--device: g\\u001b\[31m not in .*; run 'eigensweep run --help'",
    ("run", "study.json", "more"): "'more' is one word too many; run 'eigensweep run --help'",
    ("run", "--ouput", "x", "study.json"): r"'--ouput' is no option \(did you mean '--output'\?\); run 'eigensweep run --help'",
    ("run", "study.json", "--ouput=x"): r"'--ouput=x' is no option \(did you mean '--output'\?\); run 'eigensweep run --help'",
    ("run", "study.json", "-o", "x"): r"'-o' is no option \(did you mean '--output'\?\); run 'eigensweep run --help'",
    ("show", "runs", "--zzzzzzzz"): "'--zzzzzzzz' is no option; run 'eigensweep show --help'",
    ("report", "runs/first"): "'report' is a command of the Python package; write python -m eigensweep_analysis report; "
                              "run 'eigensweep --help'",
    ("compare",): "'compare' is a command of the Python package; write python -m eigensweep_analysis compare; "
                  "run 'eigensweep --help'",
    ("figures", "width"): "'figures' is a command of the Python package; write python -m eigensweep_analysis figures; "
                          "run 'eigensweep --help'",
    ("plot",): "'plot' is no command; write python -m eigensweep_analysis report; run 'eigensweep --help'",
    ("run", "study.json", "--output", "a", "--output", "b"): "--output: At Most 1 required but received 2; run 'eigensweep run --help'",
    ("plan", "study.json", "--speed", "a"): "--speed: 'a' is not a number above 0; run 'eigensweep plan --help'",
    ("plan", "study.json", "--memory", "0"): "--memory: '0' is not a number above 0; run 'eigensweep plan --help'",
    ("plan", "study.json", "--device", "gpu"): "--device: gpu not in {cpu,cuda}; run 'eigensweep plan --help'",
    ("plan", "study.json", "--memory", "inf"): "--memory: 'inf' is not a number above 0; run 'eigensweep plan --help'",
}

# A text in a study, and its form in the message that refuses it.
TEXTS = (
    ({"name": "a\nb"}, r":/name: 'a\\nb' is no name"),
    ({"na\nme": 1}, r":/na\\nme: unknown key"),
    ({"metrics": {"a\nb": {"kind": "accuracy"}}}, r":/metrics/a\\nb: 'a\\nb' is no label"),
    ({"metrics": {"\x1b[31m": {"kind": "accuracy"}}}, r":/metrics/\\u001b\[31m: '\\u001b\[31m' is no label"),
    ({"model": {"kind": "m\r\nlp"}}, r":/model/kind: unknown model 'm\\r\\nlp'"),
    ({"model": {"kind": "mlp", "width": "\u009b31m"}}, r":/model/width: '\\u009b31m' is not an integer"),
)


class Refusals(CommandCase):
    def one_line(self, done, message):
        self.assertEqual(done.returncode, 2, done.stderr)
        text = done.stderr.decode()
        self.assertRegex(text, rf"^eigensweep: {message}")
        self.assertIsNone(re.search("[\x00-\x1f\x7f-\x9f]", text.removesuffix("\n")), done.stderr)
        self.assertEqual(done.stdout, b"")

    def test_a_wrong_command_line_is_told_in_one_line(self):
        for words, message in COMMAND_LINES.items():
            with self.subTest(words=words):
                self.one_line(self.call(*words, cwd=self.folder), f"{message}\n$")

    def test_every_command_names_its_own_help(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                self.one_line(self.call(command, "--no-such-option"), f".*; run 'eigensweep {command} --help'\n$")

    def test_texts_of_a_study_neither_break_a_message_nor_reach_the_terminal(self):
        for change, place in TEXTS:
            self.write(GENERATED | change)
            for command in ("validate", "plan", "run", "submit", "simulate"):
                with self.subTest(change=change, command=command):
                    words = [command, str(self.file), *(["--dry-run"] if command == "submit" else [])]
                    self.one_line(self.call(*words, cwd=self.folder), rf"\S*study\.json{place}")

    def test_doctor_and_a_rank_say_them_in_one_line_as_well(self):
        self.write(GENERATED | {"na\nme": 1})
        done = self.call("doctor", str(self.file))
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(rb":/na\nme: unknown key", done.stdout + done.stderr)
        self.assertIn(rb":/na\nme: unknown key", self.run_study(ranks=2, expect=2).encode())

    def test_values_of_an_axis_are_shown_in_the_line_of_the_axis(self):
        self.write(GENERATED | {"dataset": GENERATED["dataset"] | {"sha256": {"sweep": ["a\n\x1b[31m"]}}})
        for command in ("validate", "plan"):
            done = self.call(command, str(self.file))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(b"\x1b", done.stdout)
        self.assertIn(rb"a\n\u001b[31m", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
