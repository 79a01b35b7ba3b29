# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A site like OLCF's Frontier: eight AMD devices (four MI250X of two dies each) and 56 usable cores per node, Slingshot, Cray MPICH.
#   EIGENSWEEP_ENV=$PWD/slurm/env/amd-slingshot.sh sbatch --account=... --nodes=4 --ntasks-per-node=8 --gpus-per-node=8 \
#     --cpus-per-task=7 --time=2:00:00 slurm/eigensweep.sbatch STUDY
# Written from the site's documentation and not run there. Needs a LibTorch for ROCm, which calls its devices cuda:0, cuda:1, ...

module load PrgEnv-gnu cray-mpich cray-hdf5 rocm

# "closest" shows each rank only the die nearest to its cores.
srun_options+=(--mpi=cray_shasta --cpu-bind=cores --gpus-per-task=1 --gpu-bind=closest)

export MPICH_GPU_SUPPORT_ENABLED=0
# MIOpen caches compiled kernels in the home folder, which is slow and shared by all nodes. Use a folder of the node
# instead.
export MIOPEN_USER_DB_PATH=/tmp/miopen-${SLURM_JOB_ID:-0}
export MIOPEN_CUSTOM_CACHE_DIR=$MIOPEN_USER_DB_PATH
# The file system has no locks for HDF5. Only rank 0 writes, under a lock of our own.
export HDF5_USE_FILE_LOCKING=FALSE
