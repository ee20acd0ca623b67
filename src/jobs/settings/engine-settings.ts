import { NODE_DEVICES } from "../../engine/devices.js";
import { defaultThreads } from "../../engine/node-threads.js";
import { whole, word } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";

/** What jobs are told about what computes; `nodeEngine` takes it as it is. */
export const ENGINE = {
  /** threads to compute with; {@link defaultThreads} */
  threads: defaulted(whole(1), defaultThreads(), "threads to compute with"),
  /** where to compute */
  device: defaulted(word(NODE_DEVICES), "cpu", "where to compute"),
};
