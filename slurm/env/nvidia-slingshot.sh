# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A site like NERSC's Perlmutter: four NVIDIA A100 and 64 cores per node, HPE Slingshot, Cray MPICH.
#   EIGENSWEEP_ENV=$PWD/slurm/env/nvidia-slingshot.sh sbatch --account=... --constraint=gpu --qos=regular --nodes=4 \
#     --ntasks-per-node=4 --gpus-per-node=4 --cpus-per-task=32 --time=8:00:00 slurm/eigensweep.sbatch STUDY
# Written from the site's documentation and not run there: check the module names against `module avail`.

module load PrgEnv-gnu cray-mpich cray-hdf5 cudatoolkit

# Cray MPICH talks to SLURM by a plugin of its own. With "none" every rank sees all four GPUs and takes the one with its
# rank's number on the node.
srun_options+=(--mpi=cray_shasta --cpu-bind=cores --gpu-bind=none)

# Messages between ranks are small and stay on the host; MPI need not know of the GPUs.
export MPICH_GPU_SUPPORT_ENABLED=0
# The file system has no locks for HDF5. Only rank 0 writes, under a lock of our own.
export HDF5_USE_FILE_LOCKING=FALSE
