#!/bin/bash
# SPDX-License-Identifier: MIT
# conda-build runs this in the sources; it sets PREFIX, CPU_COUNT and, for its compilers, CMAKE_ARGS.
set -euo pipefail
# Word splitting is wanted.
# shellcheck disable=SC2086
cmake --preset release ${CMAKE_ARGS:-} -DCMAKE_PREFIX_PATH="$PREFIX" -DEIGENSWEEP_BUILD_TESTS=OFF
cmake --build --preset release -j "$CPU_COUNT"
cmake --install build/release --prefix "$PREFIX"
