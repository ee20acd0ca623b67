/** The thread of a trial: see trials-file.ts. */

import { serveThread } from "../run/thread-file.js";
import { trainTrial } from "./trial-file.js";

await serveThread(trainTrial);
