/** What samples should be recognised as: classes, attributes, values, boxes, maps of labels. */

import type { Box } from "./sources/dataset.js";

/** One class for each sample. */
export interface ClassTarget {
  readonly kind: "classes";
  /** the names of the classes */
  readonly names: readonly string[];
  /** the class of each sample, an index into the names */
  readonly labels: ArrayLike<number>;
}

/** Several questions for each sample, each with a yes or no of its own. */
export interface AttributeTarget {
  readonly kind: "attributes";
  /** the names of the attributes */
  readonly names: readonly string[];
  /** sample × attribute: +1 for yes, −1 for no, 0 for what does not count */
  readonly signs: ArrayLike<number>;
}

/** Numbers that each sample should give: a regression. */
export interface ValueTarget {
  readonly kind: "values";
  /** the names of the values */
  readonly names: readonly string[];
  /** sample × value, finite */
  readonly values: ArrayLike<number>;
}

/** A rectangle, in pixels of the samples' images, and its class. */
export interface LabelledBox extends Box {
  /** an index into the names of the classes */
  readonly label: number;
}

/** What is written in each image: characters in their order. */
export interface TextTarget {
  readonly kind: "text";
  /** the characters, or other signs, that texts are made of */
  readonly names: readonly string[];
  /** how many a text has at most */
  readonly length: number;
  /** As many numbers as the length: indices into the names, below 0 behind the last. The epoch as in {@link BoxTarget}. */
  labelsOf(index: number, epoch: number): ArrayLike<number>;
}

/** What is where in each image, as rectangles. */
export interface BoxTarget {
  readonly kind: "boxes";
  /** the names of the classes */
  readonly names: readonly string[];
  /** The boxes of a sample, in an epoch: jitter, where there is any, moves them. */
  boxesOf(index: number, epoch: number): readonly LabelledBox[];
}

/** One class for each pixel of a map, which may be coarser than the image. */
export interface LabelMapTarget {
  readonly kind: "labelMap";
  /** the names of the classes */
  readonly names: readonly string[];
  readonly height: number;
  readonly width: number;
  /** H·W classes row by row, indices into the names; below 0 for what does not count. The epoch as in {@link BoxTarget}. */
  labelsOf(index: number, epoch: number): ArrayLike<number>;
}

/** What samples should be recognised as; every kind has the `names` of what it is about. */
export type Target = ClassTarget | AttributeTarget | ValueTarget | BoxTarget | LabelMapTarget | TextTarget;

/**
 * A class for each sample.
 *
 * @param names the names of the classes
 * @param labels the class of each sample, an index into the names
 * @example
 * classTarget(["cat", "dog"], [0, 0, 1]).names[1]; // "dog"
 */
export const classTarget = (names: readonly string[], labels: ArrayLike<number>): ClassTarget => ({
  kind: "classes",
  names,
  labels,
});

/**
 * Several yes or no for each sample. A loss of attributes is compared with them when its `target` is "attributes".
 *
 * @param names the names of the attributes
 * @param signs sample × attribute: +1 for yes, −1 for no, 0 for what does not count
 * @throws RangeError when the signs are not as many for each sample
 * @example
 * const target = attributeTarget(["furry", "tame"], [1, 1, 1, -1]); // of two animals, both furry, one tame
 * const loss = logisticLoss({ target: "attributes" });
 */
export function attributeTarget(names: readonly string[], signs: ArrayLike<number>): AttributeTarget {
  expectRows("signs", names, signs);
  return { kind: "attributes", names, signs };
}

/**
 * Numbers that each sample should give. A loss of values is compared with them when its `target` is "values".
 *
 * @param names the names of the values
 * @param values sample × value, finite
 * @throws RangeError when the values are not as many for each sample
 * @example
 * const target = valueTarget(["height", "width"], [1.5, 2, 0.5, 3]); // of two samples
 * const loss = l2Loss({ target: "values" });
 */
export function valueTarget(names: readonly string[], values: ArrayLike<number>): ValueTarget {
  expectRows("values", names, values);
  return { kind: "values", names, values };
}

/**
 * Labelled rectangles in each image.
 *
 * @param names the names of the classes
 * @param boxes for each sample its boxes, in pixels of its image
 * @example
 * const target = boxTarget(["nucleus"], [[{ label: 0, x: 4, y: 2, width: 8, height: 8 }], []]);
 * target.boxesOf(0, 1)[0].width; // 8
 */
export const boxTarget = (names: readonly string[], boxes: readonly (readonly LabelledBox[])[]): BoxTarget => ({
  kind: "boxes",
  names,
  boxesOf: (index) => boxes[index],
});

/**
 * A class for each pixel. Losses of classes are compared with it where the network gives a map of scores of its size.
 *
 * @param names the names of the classes
 * @param size of the maps, which may be smaller than the images
 * @param maps for each sample H·W classes row by row, indices into the names; below 0 for what does not count
 * @example
 * const target = labelMapTarget(["ground", "tissue"], { height: 1, width: 2 }, [[0, 1], [1, -1]]);
 * target.labelsOf(1, 1)[0]; // 1
 */
export const labelMapTarget = (
  names: readonly string[],
  { height, width }: Pick<LabelMapTarget, "height" | "width">,
  maps: readonly ArrayLike<number>[],
): LabelMapTarget => ({ kind: "labelMap", names, height, width, labelsOf: (index) => maps[index] });

/**
 * A text for each sample. {@link ctcLoss} is compared with them.
 *
 * @param names the characters that texts are made of
 * @param texts the text of each sample
 * @param length how many characters a text has at most; that of the longest
 * @throws RangeError when a text has a character that is not among the names, or is longer
 * @example
 * const target = textTarget([..."abc"], ["abba", "c"]);
 * target.labelsOf(1, 1); // [2, -1, -1, -1]
 */
export function textTarget(names: readonly string[], texts: readonly string[], length?: number): TextTarget {
  const places = new Map(names.map((name, i) => [name, i]));
  const all = texts.map((text, i) => labelsOfText(text, places, i));
  const most = length ?? Math.max(1, ...all.map((labels) => labels.length));
  const padded = all.map((labels, i) => {
    if (labels.length > most) {
      throw new RangeError(
        `Text ${i}, ${quoted(texts[i])}, has ${labels.length} characters; expected ${most} at most.`,
      );
    }
    return [...labels, ...Array<number>(most - labels.length).fill(-1)];
  });
  return { kind: "text", names, length: most, labelsOf: (index) => padded[index] };
}

function labelsOfText(text: string, places: ReadonlyMap<string, number>, i: number): number[] {
  return [...text].map((character) => {
    const place = places.get(character);
    if (place !== undefined) return place;
    throw new RangeError(
      `Text ${i}, ${quoted(text)}, has the character ${quoted(character)}, which the alphabet lacks: ${[...places.keys()].join("")}.`,
    );
  });
}

const quoted = (text: string): string => JSON.stringify(text);

function expectRows(what: string, names: readonly string[], numbers: ArrayLike<number>): void {
  if (names.length === 0 || numbers.length % names.length !== 0) {
    throw new RangeError(
      `Invalid value for ${what}: expected ${names.length} for each sample (${names.join(", ")}), got ${numbers.length} in all.`,
    );
  }
}

/**
 * The classes of samples, for what makes sense of nothing else.
 *
 * @param what "balancing", for the message
 * @throws TypeError when their target is of another kind
 */
export function classesOf({ target }: { readonly target: Target }, what: string): ClassTarget {
  if (target.kind === "classes") return target;
  throw new TypeError(`For ${what} each sample must have one class; the samples' target is ${target.kind}.`);
}
