#!/bin/bash
# Gathers the folds that the jobs of folds.sh have trained, and trains those that are not done. With --final it then trains one model on all pictures:
#
#   sbatch -d afterok:$folds gather.sh pictures --folds 5 --out runs/pictures-folds --final
#
# your project (`projinfo` lists it), and where to compute
#SBATCH -A lu2026-2-1
#SBATCH -p lu48
#SBATCH -N 1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH -t 10:00:00
#SBATCH -J bellpepper-gather
#SBATCH -o bellpepper_%j.out
#SBATCH -e bellpepper_%j.out
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

srun bellpepper crossvalidate "$@"
code=$?
# 130: stopped and saved; the same command goes on from there
if [ $code -eq 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $code
