#!/bin/bash
# Cross-validates: a job of an array trains each fold, all at the same time, and another job gathers them when all are done:
#
#   folds=$(sbatch --parsable --array=1-5 folds.sh pictures --folds 5 --out runs/pictures-folds)
#   sbatch -d afterok:$folds gather.sh pictures --folds 5 --out runs/pictures-folds
#
# your project (`projinfo` lists it), and where to compute
#SBATCH -A lu2026-2-1
#SBATCH -p lu48
#SBATCH --array=1-5
#SBATCH -N 1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH -t 10:00:00
#SBATCH -J bellpepper-fold
#SBATCH -o bellpepper_%A_fold_%a.out
#SBATCH -e bellpepper_%A_fold_%a.out
#
# The step gets SIGUSR1 two minutes before the time is over; the job may be put into the queue again, and then goes on writing into the same files.
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append

module purge
module load nodejs
export PATH=$HOME/bellpepper/node_modules/.bin:$PATH
# the steps of Slurm 22.05 and later do not take this from the job
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK

srun bellpepper crossvalidate "$@" --only-fold "$SLURM_ARRAY_TASK_ID"
code=$?
# 130: stopped and saved; the same command goes on from there
if [ $code -eq 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $code
