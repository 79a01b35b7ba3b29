# SPDX-License-Identifier: MIT
"""`eigensweep status`, of runs that have ended, and of another host's that this one cannot see."""

import datetime
import json
import os
import subprocess
import sys
import unittest

from harness import BIN, Case

TRIALS = 12  # of the usual study


class Status(Case):
    def test_status_of_an_empty_folder_says_what_to_do(self):
        shown = subprocess.run([str(BIN / "eigensweep"), "status", str(self.folder)], capture_output=True, text=True)
        self.assertEqual(shown.returncode, 3)
        self.assertIn("no run here", shown.stderr)

    def test_status_after_the_end_is_for_programs_too(self):
        self.run_study()
        shown = subprocess.run([str(BIN / "eigensweep"), "status", str(self.output), "--json"], capture_output=True, text=True, check=True)
        status = json.loads(shown.stdout)
        self.assertEqual((status["state"], status["alive"], status["trials"]["done"]), ("complete", False, TRIALS))

    def shown(self, *arguments):
        return subprocess.run([str(BIN / "eigensweep"), "status", str(self.output), *arguments], capture_output=True, text=True, check=True).stdout

    def test_a_run_of_another_host_is_not_called_gone_where_locks_do_not_tell(self):
        self.run_study()
        lock = json.loads((self.output / "lock").read_text())
        for host, minutes, alive, words in (
            (lock["host"], 0, False, f"interrupted (process {os.getpid()} on node7 is gone)"),
            ("node7", 0, None, "running on node7 (as of "),
            ("node7", 90, None, f"unknown (last written 1 h 30 min ago by process {os.getpid()} on node7; this host cannot check)"),
        ):
            with self.subTest(host=host, minutes=minutes):
                then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
                status = self.status() | {"state": "running", "host": "node7", "pid": os.getpid(), "updated": f"{then:%Y-%m-%dT%H:%M:%SZ}"}
                (self.output / "status.json").write_text(json.dumps(status))
                (self.output / "lock").write_text(json.dumps(lock | {"host": host}))
                self.assertIn(f"state    {words}", self.shown())
                self.assertEqual(json.loads(self.shown("--json"))["alive"], alive)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
