/** Whether this process is one of several that were started together to work together. */

/** How this process was started, as one of several. */
export interface Launch {
  /** by what: "Open MPI", "MPICH" (and what is built on it) or "Slurm" (srun), which starts either's programs */
  readonly by: "Open MPI" | "MPICH" | "Slurm";
  /** which of the processes this is, from 0 */
  readonly rank: number;
  /** how many processes were started, two at least */
  readonly size: number;
}

/** Names the MPI library that is loaded; "none" says that this process is to work alone, however it was started. */
export const LIBRARY_VARIABLE = "BELLPEPPER_MPI";

/**
 * The variables in which a launcher says how many processes it started and which one this is. The nearest launcher comes first: `mpirun` in a job starts
 * its own helpers by srun, and what these start has the variables of both.
 */
const VARIABLES = [
  { by: "Open MPI", size: "OMPI_COMM_WORLD_SIZE", rank: "OMPI_COMM_WORLD_RANK" },
  { by: "MPICH", size: "PMI_SIZE", rank: "PMI_RANK" },
  // The script of a job, and a shell of salloc, have SLURM_NTASKS and SLURM_PROCID, but are no step of several tasks.
  { by: "Slurm", size: "SLURM_STEP_NUM_TASKS", rank: "SLURM_PROCID" },
] as const;

/**
 * How this process was started, read from its environment.
 *
 * @param environment that of this process, unless another is given
 * @returns undefined where it was started alone, also as the only one of an `mpirun -n 1`
 * @example
 * launchOf({ OMPI_COMM_WORLD_SIZE: "8", OMPI_COMM_WORLD_RANK: "3" }); // { by: "Open MPI", rank: 3, size: 8 }
 * launchOf({ SLURM_JOB_ID: "17", SLURM_NTASKS: "8" }); // undefined
 */
export function launchOf(environment: Readonly<Record<string, string | undefined>> = process.env): Launch | undefined {
  if (environment[LIBRARY_VARIABLE] === "none") return undefined;
  for (const { by, ...variables } of VARIABLES) {
    const size = Number(environment[variables.size]);
    const rank = Number(environment[variables.rank]);
    if (Number.isInteger(size) && Number.isInteger(rank)) return size > 1 ? { by, rank, size } : undefined;
  }
  return undefined;
}
