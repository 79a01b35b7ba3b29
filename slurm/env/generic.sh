# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A plain cluster. A copy of this file with your site's names is usually enough:
#   EIGENSWEEP_ENV=$PWD/slurm/env/generic.sh sbatch slurm/eigensweep.sbatch STUDY
# slurm/eigensweep.sbatch sources it before anything runs.

# The modules that eigensweep was built with: a C++ compiler's libraries, MPI, HDF5.
# module load gcc/12 openmpi/4.1 hdf5/1.14

# One rank per device, each with the device and the memory nearest to its cores. Ranks find their device by their place on the
# node, so it does not matter whether SLURM shows a rank one GPU or all of them.
srun_options+=(--cpu-bind=cores)
