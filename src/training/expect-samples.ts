import { comparedBy, hasLabels, type Loss, lossBlock, targetOf } from "../blocks/loss/loss.js";
import type { Samples } from "../data/samples.js";
import type { Target } from "../data/target.js";
import { comparedVariable, inputOf, lossesOf, type Network } from "../network/network.js";
import { type ImageShape, shapeText } from "../values/image-shape.js";
import { arraysOf, TARGET_NAMES } from "./target-array.js";

/**
 * Images and targets must fit the network, or errors would show up as nonsense much later.
 *
 * @param which "training", for messages
 * @throws RangeError saying what the network takes and what the samples have; TypeError when a loss compares with another kind of target
 */
export function expectSamples(network: Network, samples: Samples, which: string): void {
  const { shape, target, count, arrays = {} } = samples;
  if (count < 1) throw new RangeError(`There are no ${which} samples.`);
  if (shapeText(shape) !== shapeText(inputOf(network))) {
    throw new RangeError(
      `The ${which} images are ${shapeText(shape)}, network '${network.name}' takes ${shapeText(inputOf(network))}.`,
    );
  }
  const own = TARGET_NAMES[target.kind];
  if (own !== undefined && Object.hasOwn(arrays, own)) {
    throw new RangeError(`The ${which} samples have an array '${own}', but that is how losses ask for their target.`);
  }
  for (const { name, shape: wanted } of network.inputs.slice(1)) expectArray(samples, name, shapeText(wanted), which);
  for (const { layer, inputs } of lossesOf(network)) expectCompared(network, layer, inputs[0].shape, samples, which);
  if (lossesOf(network).some(({ layer }) => layer.target === own)) expectNumbers(target, count, which);
}

/** There must be something of the right size that a loss can be compared with. */
function expectCompared(network: Network, layer: Loss, scores: ImageShape, samples: Samples, which: string): void {
  if (comparedBy(layer) === "nothing") return;
  const { channels, height, width } = scores;
  const variable = comparedVariable(network, layer);
  if (variable) {
    if (shapeText(variable.shape) === shapeText(scores)) return;
    throw new RangeError(
      `Network '${network.name}' compares ${shapeText(scores)} with its variable '${variable.name}', which is ${shapeText(variable.shape)}.`,
    );
  }
  expectKind(layer, samples, which);
  const wanted = targetOf(layer, { channels, height, width }).shape.join("×");
  if (comparedBy(layer) === "sequence") expectAlphabet(network, samples, channels, which);
  if (!hasLabels(layer)) {
    expectArray(samples, layer.target, wanted, which);
    return;
  }
  const isTarget = layer.target === "labels";
  if (height * width > 1 && isTarget && samples.target.kind === "classes") {
    throw new RangeError(
      `Network '${network.name}' gives ${height}×${width} columns of scores for its ${inputOf(network).height}×${inputOf(network).width} input; a label belongs to one image, so training needs 1×1, or a map of labels for each image.`,
    );
  }
  expectArray(samples, layer.target, wanted, which);
  const classes = samples.target.names.length;
  // One score is enough for two classes.
  if (isTarget && classes !== channels && !(classes === 2 && channels === 1)) {
    throw new RangeError(
      `The ${which} samples have ${classes} classes, network '${network.name}' gives ${channels} scores.`,
    );
  }
}

/** Each character has a channel of scores, and the blank. */
function expectAlphabet(network: Network, { target }: Samples, channels: number, which: string): void {
  if (target.kind !== "text" || target.names.length + 1 === channels) return;
  throw new RangeError(
    `The ${which} samples have ${target.names.length} characters, so network '${network.name}' needs ${target.names.length + 1} channels of scores, the last for the blank; it gives ${channels}.`,
  );
}

/** A loss that asks for the samples' target must be able to compare with its kind. */
function expectKind(layer: Loss, { target: { kind }, arrays = {} }: Samples, which: string): void {
  const names: readonly (string | undefined)[] = Object.values(TARGET_NAMES);
  const own = TARGET_NAMES[kind];
  if (layer.target === own || !names.includes(layer.target) || Object.hasOwn(arrays, layer.target)) return;
  const compares = comparedBy(layer);
  const fits = own === "labels" || own === compares;
  throw new TypeError(
    `${lossBlock.called(layer)} compares ${compares}, here with '${layer.target}'; the target of the ${which} samples is ${kind}` +
      `${fits ? `: give the loss { target: "${own}" }` : ""}.`,
  );
}

/** Every sample must have its numbers, and such as are allowed. Maps and boxes are only looked at when they are needed. */
function expectNumbers(target: Target, count: number, which: string): void {
  const { kind, names } = target;
  const check = (
    numbers: ArrayLike<number | undefined>,
    what: readonly string[],
    isRight: (value: number) => boolean,
    expected: string,
  ): void => {
    for (let i = 0; i < count * what.length; i++) {
      const number = numbers[i];
      if (number !== undefined && isRight(number)) continue;
      const sample = `Sample ${Math.floor(i / what.length)} of the ${which} samples has`;
      throw new RangeError(`${sample} ${what[i % what.length]} ${number}; expected ${expected}.`);
    }
  };
  if (kind === "classes") {
    const isLabel = (label: number): boolean => Number.isInteger(label) && label >= 0 && label < names.length;
    check(target.labels, ["label"], isLabel, `0 to ${names.length - 1}`);
  } else if (kind === "attributes") {
    const isSign = (sign: number): boolean => sign === 0 || sign === 1 || sign === -1;
    check(target.signs, names.map(quoted), isSign, "1, −1, or 0 for what does not count");
  } else if (kind === "values") check(target.values, names.map(quoted), Number.isFinite, "a finite number");
}

const quoted = (name: string): string => `'${name}'`;

function expectArray(samples: Samples, name: string, wanted: string, which: string): void {
  const arrays = arraysOf(samples);
  const got = Object.hasOwn(arrays, name) ? arrays[name].shape.join("×") : "nothing";
  if (got !== wanted) {
    throw new RangeError(
      `The network needs an array '${name}' of ${wanted} for each image; the ${which} samples have ${got}.`,
    );
  }
}
