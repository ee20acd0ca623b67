/** Networks by name, a file a family. */

import type { Network } from "../network.js";
import { alexnet, alexnetSingle, vggF, vggM, vggS } from "./alexnet.js";
import { cifarQuick } from "./cifar-quick.js";
import { convnextTiny } from "./convnext.js";
import { densenet121 } from "./densenet.js";
import { efficientnetB0, efficientnetLite0 } from "./efficientnet.js";
import { googlenet } from "./googlenet.js";
import { lenet } from "./lenet.js";
import { mobilenetV1, mobilenetV2, mobilenetV3Large, mobilenetV3Small } from "./mobilenet.js";
import { networkInNetwork } from "./nin.js";
import { ocr } from "./ocr.js";
import { resnet18, resnet34, resnet50, resnet101, resnet152, resnext50, wideResnet50 } from "./residual.js";
import { resnet20, resnet56 } from "./resnet.js";
import { squeezenet10, squeezenet11 } from "./squeezenet.js";
import { cifarVgg, vgg11, vgg11Norm, vgg13, vgg13Norm, vgg16, vgg16Norm, vgg19, vgg19Norm } from "./vgg.js";

export { type CompactOptions, compact } from "./compact.js";
export { type StackedOptions, stacked } from "./stacked.js";

/** The networks that can be asked for by name; those that take a size have one for the side of their pictures. */
export const ZOO: Readonly<Record<string, (classes?: number, size?: number) => Network>> = {
  ocr,
  lenet,
  cifarQuick,
  cifarVgg,
  networkInNetwork,
  resnet20,
  resnet56,
  alexnet,
  alexnetSingle,
  vggF,
  vggM,
  vggS,
  vgg11,
  vgg13,
  vgg16,
  vgg19,
  vgg11Norm,
  vgg13Norm,
  vgg16Norm,
  vgg19Norm,
  googlenet,
  squeezenet10,
  squeezenet11,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  wideResnet50,
  resnext50,
  densenet121,
  mobilenetV1,
  mobilenetV2,
  mobilenetV3Large,
  mobilenetV3Small,
  efficientnetB0,
  efficientnetLite0,
  convnextTiny,
};

export * from "./alexnet.js";
export * from "./cifar-quick.js";
export * from "./convnext.js";
export * from "./densenet.js";
export * from "./efficientnet.js";
export * from "./googlenet.js";
export * from "./lenet.js";
export * from "./mobilenet.js";
export * from "./nin.js";
export * from "./ocr.js";
export * from "./residual.js";
export * from "./resnet.js";
export * from "./squeezenet.js";
export * from "./vgg.js";

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
