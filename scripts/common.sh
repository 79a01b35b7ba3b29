# SPDX-License-Identifier: MIT
# Functions that scripts/setup, scripts/demo and scripts/test share. Source this file; do not run it.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

torch_requirement="torch==2.13.0"
venv="$root/.venv"
# Packages that the build needs, by their Debian 12 names. `test_packages` are the tools of the checks;
# tests/slurm runs a SLURM of its own and uses none that is configured, chromium and poppler open the report.
build_packages=(g++ cmake ninja-build git openmpi-bin libopenmpi-dev libhdf5-dev hdf5-tools zlib1g-dev libssl-dev
  libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev catch2 python3 python3-venv)
test_packages=(clang-format clang-tidy slurm-wlm munge chromium poppler-utils)

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# step <text>: a heading "[2/5] text"; the script sets `steps` first.
step_number=0
step() {
  step_number=$((step_number + 1))
  printf '[%d/%d] %s\n' "$step_number" "$steps" "$*"
}

# quietly <name> <command...>: keeps a chatty command's output in build/log/<name>.log and shows its end if it fails.
quietly() {
  local log="build/log/$1.log" begin=$SECONDS
  shift
  mkdir -p build/log
  if ! "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    fail "this command failed (all of its output: $log): $*"
  fi
  printf '      done in %d s\n' $((SECONDS - begin))
}

# The number of compilers to run at once: one per core, but 2 GiB of memory for each (Torch's headers are large).
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 2097152)}' /proc/meminfo)
  ((memory < cores)) && cores=$memory
  echo $((cores > 0 ? cores : 1))
}

# Open MPI refuses root unless two variables allow it, and more ranks than cores unless one does. It does not count
# hardware threads, so a virtual machine of one core and two threads is too small for two ranks.
prepare_mpi() {
  if ((EUID == 0)); then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  export OMPI_MCA_rmaps_base_oversubscribe=1
}

# ---------------------------------------------------------------- set-up

# install_packages <package...>: with apt, only what is missing.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "      no apt here: the libraries must be there already (CMake names the ones that are not)"
    return
  fi
  local present missing=() package as_root=()
  present=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" libhdf5-openmpi-dev 2>/dev/null || true)
  for package in "$@"; do
    # Either build of HDF5 serves: one process writes.
    [[ $package == libhdf5-dev && $present == *"libhdf5-openmpi-dev installed"* ]] && continue
    [[ $'\n'$present$'\n' == *$'\n'"$package installed"$'\n'* ]] || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo "      already there"
    return
  fi
  echo "      installing: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "these packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
    sudo -n true 2>/dev/null || sudo -v || fail "these packages are missing and sudo refused; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  # The lock may be held for a while by the system's own unattended upgrades.
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=500 -y)
  quietly apt-update "${apt[@]}" update
  quietly apt-install "${apt[@]}" install --no-install-recommends "${missing[@]}"
}

# The first Python that torch has a wheel for and that can make virtual environments. /usr/bin comes first because
# python3-venv belongs to its Python; the one on the PATH may be pyenv's.
find_python() {
  local python
  for python in /usr/bin/python3 python3 python3.13 python3.12 python3.11 python3.10; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$python"
      return
    fi
  done
  fail "no Python 3.10 to 3.13 with the venv module found (torch $torch_requirement has wheels for these); install python3-venv"
}

# once <name> <fingerprint> <text> <command...>: runs a step of the Python environment unless it was done before with the
# same fingerprint.
once() {
  local stamp="$venv/.eigensweep/$1" fingerprint="$2" text="$3"
  shift 3
  if [[ -f $stamp && $(<"$stamp") == "$fingerprint" ]]; then
    echo "      $text: already there"
    return
  fi
  echo "      $text: installing"
  quietly "pip-$(basename "$stamp")" "$@"
  mkdir -p "${stamp%/*}"
  printf '%s' "$fingerprint" >"$stamp"
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check install "$@"; }

install_torch() {
  local options=()
  # PyPI's wheel carries 3 GB of CUDA. Without a GPU, the CPU wheel of PyTorch's own index is enough.
  if [[ ! -e /dev/nvidiactl ]] && "$venv/bin/python" - <<'PROBE'
import sys, urllib.request
try:
    urllib.request.urlopen("https://download.pytorch.org/whl/cpu/torch/", timeout=5)
except OSError:
    sys.exit(1)
PROBE
  then
    options=(--extra-index-url https://download.pytorch.org/whl/cpu)
  fi
  pip "${options[@]}" "$torch_requirement"
}

# Not editable, so that the tests see what `pip install ./analysis` gives a user.
install_analysis() {
  rm -rf analysis/build analysis/*.egg-info
  pip ./analysis
  rm -rf analysis/build analysis/*.egg-info
}

fingerprint_of() { find "$@" -type f -not -path '*/__pycache__/*' -not -path '*.egg-info/*' -not -path '*/build/*' -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64; }

# A LibTorch of the user's own replaces the wheel where only the C++ side needs it.
has_own_torch() {
  local folder folders
  IFS=: read -ra folders <<<"${CMAKE_PREFIX_PATH:-}:${Torch_ROOT:-}"
  for folder in "${folders[@]}"; do
    [[ -n $folder && -e $folder/include/torch/csrc/api/include/torch/torch.h ]] && return 0
  done
  return 1
}

# install_python [tests]: .venv with torch and the analysis package; with `tests`, also what only the tests import.
install_python() {
  if [[ ! -x $venv/bin/python ]] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    local python
    python=$(find_python)
    echo "      creating it with $python ($("$python" --version))"
    quietly venv "$python" -m venv "$venv"
  fi
  if [[ ${1:-} != tests ]] && has_own_torch; then
    echo "      torch: taken from CMAKE_PREFIX_PATH"
  else
    once torch "$torch_requirement" "${torch_requirement/==/ }" install_torch
  fi
  if [[ -f analysis/pyproject.toml ]]; then
    once analysis "$(fingerprint_of analysis)" "analysis package" install_analysis
  fi
  if [[ ${1:-} == tests ]]; then
    once tests "$(<tests/requirements.txt)" "the tests' packages" pip -r tests/requirements.txt
  fi
}

# ---------------------------------------------------------------- build

# build <preset> [target...]: configures if the build folder is new (Ninja repeats that when a CMake file changes) and
# builds.
build() {
  local preset="$1" begin=$SECONDS
  shift
  if [[ ! -f build/$preset/build.ninja ]]; then
    # Warnings are errors with the compiler that we test with. New warnings of another compiler must not stop a user.
    local werror=OFF
    [[ $("${CXX:-g++}" -dumpversion) == 12* ]] && werror=ON
    echo "      configuring"
    quietly "configure-$preset" cmake --preset "$preset" -DEIGENSWEEP_WERROR=$werror
  fi
  cmake --build --preset "$preset" -j "$(build_jobs)" ${1+--target "$@"}
  printf '      built in %d s\n' $((SECONDS - begin))
}
