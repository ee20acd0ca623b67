/**
 * Keeps onnxruntime-node from fetching what Bell Pepper does not need. npm runs this before the install scripts of the other packages: where Bell
 * Pepper is installed, as its own script; in a checkout, where its own come last, as that of a package in node_modules (`install-links` in .npmrc).
 *
 * On Linux x64, onnxruntime-node's own script fetches CUDA libraries from a host that is no package registry, and npm takes the package away again
 * where that host is not reached. What computes on processors and by WebGPU is inside the package. The script fetches nothing if the files are
 * there already, so they are made here, empty; `ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js` fetches them.
 */

import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const platform = `${process.platform}/${process.arch}`;
try {
  const folder = join(dirname(require.resolve("onnxruntime-node/package.json")), "bin/napi-v6", platform);
  const { requirements, manifests } = require("onnxruntime-node/script/install-metadata.js");
  for (const name of requirements[platform] ?? []) {
    for (const file of Object.keys(manifests[`${platform}:${name}`])) {
      if (!existsSync(join(folder, file))) writeFileSync(join(folder, file), "");
    }
  }
} catch {
  // It is not installed, or is a release that is made in another way: then its script decides, and WebAssembly computes if that fails.
}
