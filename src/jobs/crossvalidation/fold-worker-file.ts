/** The thread of a fold: see fold-threads-file.ts. */

import { serveThread } from "../run/thread-file.js";
import { trainFold } from "./fold-file.js";

await serveThread(trainFold);
