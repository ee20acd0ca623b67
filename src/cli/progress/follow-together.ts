import { launchOf } from "../../cluster/launch-file.js";
import type { JobRanks } from "../../jobs/events/job-ranks.js";
import type { JobEvent } from "../../jobs/index.js";
import { EXIT, isUsage, messageOf } from "../failure.js";
import { version } from "../version.js";
import { followJob } from "./follow-job.js";

/** How a job is done: what stops it, and the processes that do it together. */
export interface Doing {
  readonly signal: AbortSignal;
  readonly ranks?: JobRanks;
}

/**
 * Follows a job as {@link followJob} does. Where mpirun or srun started several processes, they do it together: the first prints, and where it fails in one, that one ends
 * all with its message.
 *
 * @returns the exit code
 */
export async function followTogether<E extends JobEvent>(
  start: (doing: Doing) => AsyncIterable<E>,
  text: (event: E) => string,
): Promise<number> {
  if (!launchOf()) return followJob((signal) => start({ signal }), text);
  const { openMpi, expectAgreement } = await import("../../cluster/index.js");
  const mpi = await openMpi();
  let saved = false;
  const doing = async function* (signal: AbortSignal): AsyncGenerator<E> {
    await expectAgreement(mpi, { version: version() });
    for await (const event of start({ signal, ranks: mpi })) {
      if (event.type === "stopped") ({ saved } = event);
      yield event;
    }
  };
  const code = await followJob(doing, text, { silent: mpi.rank > 0 }).catch((error: unknown) => {
    const where = mpi.rank > 0 ? ` (${mpi.names[mpi.rank]})` : "";
    return mpi.abort(isUsage(error) ? EXIT.usage : EXIT.failed, `bellpepper: ${messageOf(error)}${where}`);
  });
  // Who is stopped before the first step leaves others that wait for it.
  if (code === EXIT.stopped && !saved) mpi.abort(code);
  await mpi.close();
  return code;
}
