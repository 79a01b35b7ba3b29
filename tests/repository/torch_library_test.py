# SPDX-License-Identifier: MIT
"""Which libraries cmake/TorchLibrary.cmake takes from a LibTorch for the CPU, for CUDA and for ROCm. The LibTorch is a folder of
empty libraries.

    torch_library_test.py ROOT CMAKE"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT, CMAKE = Path(sys.argv[1]), sys.argv[2]

PROJECT = """cmake_minimum_required(VERSION 3.22)
project(test LANGUAGES C)
add_library(fmt INTERFACE)
target_include_directories(fmt INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/fmt)
add_library(fmt::fmt ALIAS fmt)
include("%s/cmake/TorchLibrary.cmake")
get_target_property(libraries eigensweep_torch INTERFACE_LINK_LIBRARIES)
message(STATUS "libraries: ${libraries}")
"""
VERSION = "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n#define TORCH_VERSION_PATCH 0\n"


class Libraries(unittest.TestCase):
    def configure(self, libraries, *options):
        """The exit code, all that CMake says, and the names of the libraries of eigensweep::torch."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            headers = folder / "torch/include/torch/csrc/api/include/torch"
            headers.mkdir(parents=True)
            (headers / "torch.h").touch()
            (headers / "version.h").write_text(VERSION)
            (folder / "fmt/fmt").mkdir(parents=True)
            (folder / "torch/lib").mkdir()
            for library in ("torch", "torch_cpu", "c10", *libraries):
                (folder / f"torch/lib/lib{library}.so").touch()
            (folder / "CMakeLists.txt").write_text(PROJECT % ROOT)
            command = [CMAKE, "-S", name, "-B", f"{name}/build", f"-DTorch_ROOT={folder}/torch", *options]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            found = [line.split("libraries: ")[1] for line in done.stdout.splitlines() if "libraries: " in line]
            names = [Path(word).name for word in found[0].split(";")] if found else []
            return done.returncode, " ".join(done.stdout.split()), names

    def test_a_build_for_the_cpu(self):
        code, text, names = self.configure([])
        self.assertEqual((code, names), (0, ["libtorch.so", "libtorch_cpu.so", "libc10.so"]), text)
        self.assertIn("LibTorch 2.13.0 in ", text)
        self.assertIn("(GPU: none)", text)

    def test_builds_for_gpus(self):
        for gpu in ("cuda", "hip"):
            code, text, names = self.configure([f"torch_{gpu}", f"c10_{gpu}"])
            self.assertEqual(code, 0, text)
            self.assertIn(f"(GPU: {gpu})", text)
            # The linker must not drop them: nothing of ours names their symbols.
            kept = names[names.index("-Wl,--no-as-needed") : names.index("-Wl,--as-needed")]
            self.assertEqual(kept[1:], [f"libtorch_{gpu}.so", f"libc10_{gpu}.so"])

    def test_a_build_without_cuda_is_refused_where_it_is_required(self):
        for libraries in ([], ["torch_hip", "c10_hip"]):
            code, text, _ = self.configure(libraries, "-DEIGENSWEEP_REQUIRE_CUDA=ON")
            self.assertEqual(code, 1)
            self.assertIn("has no CUDA, and this build was asked to have it", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
