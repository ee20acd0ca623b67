import { expect, test } from "vitest";
import { launchOf } from "./launch-file.js";

/** What srun sets for the third of four tasks, as a step of a job. */
const STEP = {
  SLURM_JOB_ID: "12",
  SLURM_NTASKS: "4",
  SLURM_STEP_ID: "0",
  SLURM_STEP_NUM_TASKS: "4",
  SLURM_PROCID: "2",
};

test("who launched says how many processes there are", () => {
  expect(launchOf({ OMPI_COMM_WORLD_SIZE: "4", OMPI_COMM_WORLD_RANK: "0" })).toEqual({
    by: "Open MPI",
    rank: 0,
    size: 4,
  });
  expect(launchOf({ PMI_SIZE: "2", PMI_RANK: "1" })).toEqual({ by: "MPICH", rank: 1, size: 2 });
  expect(launchOf(STEP)).toEqual({ by: "Slurm", rank: 2, size: 4 });
});

test("mpirun in a job counts, and not the steps in which it starts its helpers", () => {
  const helper = { ...STEP, SLURM_STEP_NUM_TASKS: "2", SLURM_PROCID: "1" };
  expect(launchOf({ ...helper, OMPI_COMM_WORLD_SIZE: "8", OMPI_COMM_WORLD_RANK: "5" })).toMatchObject({
    size: 8,
    rank: 5,
  });
  expect(launchOf({ ...helper, PMI_SIZE: "8", PMI_RANK: "6" })).toMatchObject({ size: 8, rank: 6 });
  expect(launchOf({ ...helper, OMPI_COMM_WORLD_SIZE: "1", OMPI_COMM_WORLD_RANK: "0" })).toBeUndefined();
});

test("a job's script, a shell of salloc and a lone process are not launched together", () => {
  const script = { SLURM_JOB_ID: "12", SLURM_NTASKS: "4", SLURM_NPROCS: "4", SLURM_PROCID: "0", SLURM_NODEID: "0" };
  expect(launchOf(script)).toBeUndefined();
  expect(launchOf({ SLURM_JOB_ID: "12", SLURM_NTASKS: "4" })).toBeUndefined();
  expect(launchOf({ ...STEP, SLURM_STEP_NUM_TASKS: "1", SLURM_PROCID: "0" })).toBeUndefined();
  expect(launchOf({})).toBeUndefined();
});

test("BELLPEPPER_MPI=none lets each work alone", () => {
  expect(launchOf({ ...STEP, BELLPEPPER_MPI: "none" })).toBeUndefined();
});
