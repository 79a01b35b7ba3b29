# SPDX-License-Identifier: MIT
from spack_repo.builtin.build_systems.cmake import CMakePackage, generator

from spack.package import *


class Eigensweep(CMakePackage):
    """Sweeps over width, depth and covariance spectrum of networks, attacked and measured, under MPI."""

    homepage = "https://arxiv.org/abs/2012.04729"

    license("MIT")

    # There is no archive to download: `spack develop` names the checkout (packaging/README.md).
    version("1.0.0")

    variant("worker", default=True, description="Build the worker; without it, the planner and reader only")
    variant("cuda", default=False, when="+worker", description="Refuse a LibTorch without CUDA")

    generator("ninja")

    depends_on("c", type="build")  # CMake's FindHDF5 compiles C
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("mpi")
    depends_on("hdf5+hl")
    depends_on("zlib-api")
    depends_on("openssl")
    # The lower bounds are Debian 12's versions, with which the project is tested.
    depends_on("cli11@2.1:")
    depends_on("fmt@9.1:")
    depends_on("nlohmann-json@3.11:")
    depends_on("spdlog@1.10:")
    # CMake gets the folder torch/share/cmake of it, and finds LibTorch two folders above.
    depends_on("py-torch@2.11:2.13", when="+worker")
    depends_on("py-torch+cuda", when="+cuda")

    def cmake_args(self):
        return [
            self.define("EIGENSWEEP_BUILD_TESTS", False),
            self.define_from_variant("EIGENSWEEP_WITH_TORCH", "worker"),
            self.define("EIGENSWEEP_REQUIRE_CUDA", self.spec.satisfies("+cuda")),
        ]
