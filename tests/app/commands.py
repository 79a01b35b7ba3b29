# SPDX-License-Identifier: MIT
"""Every command of `eigensweep`, from its table, with arguments that let it succeed in a folder with a finished run."""

import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sweep"))
from harness import BIN, SOURCE, Case  # noqa: E402

TABLE = SOURCE / "src" / "app" / "commands.def"
COMMANDS = re.findall(r"^EIGENSWEEP_COMMAND\((\w+)\)", TABLE.read_text(), re.MULTILINE)

# The arguments of each command; {study}, {attacks}, {output} and {new} are paths. A command that is missing here fails the tests.
ARGUMENTS = {
    "run": ["{study}", "--output", "{output}", "--device", "cpu"],
    "attack": ["{output}", "--study", "{attacks}", "--device", "cpu"],
    "submit": ["{study}", "--output", "{new}", "--dry-run"],
    "validate": ["{study}"],
    "plan": ["{study}", "--diff", "{output}"],
    "simulate": ["{study}", "--ranks", "2"],
    "status": ["{output}"],
    "doctor": ["{study}", "--output", "{output}", "--device", "cpu"],
    "describe": [],
    "schema": [],
    "show": ["{output}"],
    "collect": ["{output}"],
    "export": ["{output}"],
    "completion": ["bash"],
    "man": [],
}
WITHOUT_PATHS = {"describe", "schema", "completion", "man"}


def small_study():
    """Two trials on real images in a folder beside the study."""
    return {
        "name": "test",
        "dataset": {"folder": "digits"},
        "model": {"kind": "mlp", "width": {"sweep": [8, 16]}},
        "training": {"epochs": 1, "batch_size": 64},
        "attacks": {"fgsm": {"epsilon": {"sweep": [0.05, 0.1]}}},
        "metrics": {"accuracy": {}},
    }


class CommandCase(Case):
    def call(self, *words, **options):
        """Runs a command. The result has its exit code, standard output and standard error, as bytes."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": self.environment({}), "timeout": 120} | options
        return subprocess.run([str(BIN / "eigensweep"), *words], check=False, **options)

    def words(self, command, study, output):
        self.assertIn(command, ARGUMENTS, f"{TABLE} has a new command: give it arguments in tests/app/commands.py")
        attacks = Path(study).parent / "attacks.json"
        if attacks.is_absolute() and attacks.parent.is_dir():
            attacks.write_text(json.dumps({"attacks": {"fgsm": {"epsilon": 0.2}}}))
        places = {"study": study, "attacks": attacks, "output": output, "new": f"{output}-new"}
        return [command, *(word.format(**places) for word in ARGUMENTS[command])]
