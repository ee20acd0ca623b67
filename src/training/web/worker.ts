/** The module that `trainInWorker` starts. */

import { serveTraining } from "./serve-training.js";

serveTraining();
