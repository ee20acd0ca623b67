/** Networks by name, a file a family. */

import type { Network } from "../network.js";
import { cifarQuick } from "./cifar-quick.js";
import { lenet } from "./lenet.js";
import { ocr } from "./ocr.js";
import { resnet20 } from "./resnet.js";
import { cifarVgg, vgg16 } from "./vgg.js";

export { COMPACT, type CompactOptions, compact } from "./compact.js";
export { cifarQuick, cifarVgg, lenet, ocr, resnet20, vgg16 };

/** The networks that can be asked for by name. */
export const ZOO: Readonly<Record<string, (classes?: number) => Network>> = {
  ocr,
  lenet,
  cifarQuick,
  cifarVgg,
  resnet20,
  vgg16,
};

/**
 * A network of the zoo.
 *
 * @throws RangeError, with the names there are, when it knows no such network
 * @example
 * networkNamed("ocr").layers.length; // 8
 */
export function networkNamed(name: string): Network {
  if (!Object.hasOwn(ZOO, name)) {
    throw new RangeError(`Invalid value for network: expected one of ${Object.keys(ZOO).join(", ")}, got '${name}'.`);
  }
  return ZOO[name]();
}
