#!/bin/bash
# Trains on two nodes with two processes each, which divide every batch, and goes on in the same job when its time was over:
#
#   sbatch nodes.sh pictures --batch-size 256 --out runs/pictures
#
# your project (`projinfo` lists it), and where to compute
#SBATCH -A lu2026-2-1
#SBATCH -p lu48
#SBATCH -N 2
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=8
#SBATCH -t 10:00:00
#SBATCH -J bellpepper
#SBATCH -o bellpepper_%j.out
#SBATCH -e bellpepper_%j.out
#
# All processes get SIGUSR1 two minutes before the time is over; the job may be put into the queue again, and then goes on writing into the same files.
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append

module purge
module load nodejs OpenMPI
export PATH=$HOME/bellpepper/node_modules/.bin:$PATH
# the steps of Slurm 22.05 and later do not take this from the job
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK

# pmix, or pmi2: what the cluster's MPI was built for (`srun --mpi=list`)
srun --mpi=pmix --kill-on-bad-exit=1 bellpepper train "$@"
code=$?
# 130: stopped and saved; the same command goes on from there
if [ $code -eq 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $code
