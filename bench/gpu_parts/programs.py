# SPDX-License-Identifier: MIT
"""Other programs, each with a time limit: what they print, or in one line what went wrong."""

import json
import os
import select
import signal
import subprocess
import tempfile
import time


class Trouble(Exception):
    """A program gave no figure: one line. `is_beyond`: for want of memory or time, and not by a defect."""

    def __init__(self, message: str, is_beyond: bool = False) -> None:
        super().__init__(message)
        self.is_beyond = is_beyond


class PartOver(Exception):
    """The part's time is over. What it had yet to do is one line of its table, and not one of each figure."""


class Deadline:
    """When a part must be over."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end = seconds, time.monotonic() + seconds

    def left(self, most: float = float("inf")) -> float:
        """Seconds until then, at most `most`. Throws PartOver when there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise PartOver(f"not tried: the part's {self.seconds:g} s are over")
        return min(seconds, most)


# As host.cpp knows them of LibTorch and its libraries, and those of XLA and of C++.
NO_MEMORY = ("out of memory", "allocate memory", "ALLOC_FAILED", "ALLOCATION_FAILED", "NOT_INITIALIZED",
             "RESOURCE_EXHAUSTED", "bad_alloc")


def trouble_of(command: list[str], code: int, text: str) -> Trouble:
    """Of a program that left with `code`: what it wrote of memory, or what it wrote last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    of_memory = [line for line in lines if any(words in line for words in NO_MEMORY)]
    said = (of_memory or lines or ["it said nothing"])[-1][-300:]
    return Trouble(f"{os.path.basename(command[0])} left with {code}: {said}", is_beyond=bool(of_memory))


def json_of(line: str) -> dict:
    """A line that a program answered with. Throws Trouble."""
    try:
        return json.loads(line)
    except ValueError as error:
        raise Trouble(f"no figure but '{line[:200]}'") from error


class Program:
    """A program that is under way, in a process group of its own, with pipes for lines in and out."""

    def __init__(self, command: list[str], environment: dict | None = None, limit: float = float("inf")) -> None:
        self.command = command
        self._end, self._limit = time.monotonic() + limit, limit
        self._errors = tempfile.TemporaryFile()
        self._rest = b""
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
                                         env=dict(os.environ, **(environment or {})), start_new_session=True)

    def write(self, line: str) -> None:
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the next line that is read says why

    def line(self, limit: float = float("inf")) -> str | None:
        """The next line, or None at the end of its output. Throws Trouble when neither comes in time."""
        end = min(self._end, time.monotonic() + limit)
        while b"\n" not in self._rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], min(left, 3600))[0]:
                if end - time.monotonic() > 0:
                    continue
                self.kill()
                raise Trouble(f"stopped after {min(limit, self._limit):.0f} s without an answer", is_beyond=True)
            part = os.read(self._process.stdout.fileno(), 1 << 16)
            if not part:
                last, self._rest = self._rest, b""
                return last.decode(errors="replace") or None
            self._rest += part
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode(errors="replace")

    def end(self) -> int:
        """Waits for its end, after the last line, and returns its exit code."""
        try:
            return self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode

    def trouble(self, output: str = "") -> Trouble:
        """What it said before it left, on standard error or else as `output`."""
        code = self.end()
        self._errors.seek(0)
        return trouble_of(self.command, code, self._errors.read().decode(errors="replace") or output)

    def kill(self) -> None:
        """Ends it and its children."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        self._errors.close()


def run(command: list[str], limit: float, environment: dict | None = None, codes: tuple[int, ...] = (0,)) -> tuple[int, str]:
    """The exit code, one of `codes`, and standard output. Throws Trouble on another code and when time is over."""
    program = Program(command, environment, limit)
    try:
        lines = []
        while (line := program.line()) is not None:
            lines.append(line)
        code = program.end()
        if code in codes:
            return code, "\n".join(lines)
        raise program.trouble("\n".join(lines))
    finally:
        program.kill()
