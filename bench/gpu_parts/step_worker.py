# SPDX-License-Identifier: MIT
"""A worker that is kept open to time trainings, because its start takes longer than most figures do."""

import json

from .programs import Deadline, Program, Trouble, json_of

#: Steps between two readings of the clock on a GPU, which waits for it at each: a training waits for nothing.
BLOCK = 10


class StepWorker:
    """Asks `eigensweep-worker --bench-requests`. A worker that fails or is too slow is replaced."""

    def __init__(self, bench, deadline: Deadline, environment: dict | None = None) -> None:
        self._bench, self._deadline, self._environment, self._program = bench, deadline, environment, None

    def begin(self, width: int, lanes: int, change: dict | None = None, batch: int = 0) -> None:
        """Asks for a figure; end() gives it. `change`: what differs from the paper's network with its penalty."""
        sizes = self._bench.sizes
        request = {"width": width, "batch": batch or sizes.batch[width], "lanes": lanes, "steps": sizes.steps,
                   "seconds": sizes.seconds, "block": 1 if self._bench.device == "cpu" else BLOCK,
                   "change": merged(sizes.change, change or {})}
        if self._program is None:
            self._deadline.left()
            self._program = Program([str(self._bench.worker), "--device", self._bench.device, "--bench-requests"],
                                    self._environment)
        self._program.write(json.dumps(request))

    def end(self) -> dict:
        """The answer of the worker, with "ms_per_step". Throws Trouble."""
        try:
            line = self._program.line(self._deadline.left(self._bench.row_limit))
            if line is None:
                raise self._program.trouble()
            return json_of(line)
        except Trouble:
            self.close()
            raise

    def ask(self, width: int, lanes: int, change: dict | None = None, batch: int = 0) -> dict:
        self.begin(width, lanes, change, batch)
        return self.end()

    def close(self) -> None:
        if self._program is not None:
            self._program.kill()
            self._program = None


def merged(base: dict, change: dict) -> dict:
    """A JSON merge patch that is `base` and then `change`."""
    whole = dict(base)
    for name, value in change.items():
        nested = isinstance(value, dict) and isinstance(whole.get(name), dict)
        whole[name] = merged(whole[name], value) if nested else value
    return whole
