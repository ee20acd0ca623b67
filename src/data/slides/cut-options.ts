/** How patches are cut. */

import { type Kind, number, text, whole, word } from "../../values/kind.js";
import { outOfRange, wrongKind } from "../../values/place.js";
import { defaulted, optional, record } from "../../values/record.js";

/** Names of the values of a mask: on a command line 80=benign,120=grade 3. */
const classNames: Kind<Readonly<Record<number, string>>> = {
  expected: "grey values with the names of folders, such as 1=cell,2=ground",
  parse(given) {
    const pairs = given.split(",").map((part) => /^\s*(\d{1,5})\s*=\s*([^\\/:*?"<>|]+?)\s*$/.exec(part));
    return pairs.includes(null) ? given : Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]]));
  },
  take(value, at) {
    if (typeof value !== "object" || value === null) throw wrongKind(at, classNames.expected, value);
    const names = new Map<number, string>();
    for (const [grey, name] of Object.entries(value)) {
      const isGrey = Number.isInteger(Number(grey)) && Number(grey) >= 0 && Number(grey) <= 65535;
      // a name of dots only is another folder's
      if (!isGrey || typeof name !== "string" || /^\.*$/.test(name)) throw outOfRange(at, classNames.expected, value);
      names.set(Number(grey), name);
    }
    return Object.fromEntries(names);
  },
};

/** What `cutPatches` is told: either points or a mask, and how. */
export const CUT = record({
  /** where patches are cut: around the points of a CSV list with `x`, `y`, `label`, `slide`, and `patient` or `group` if wanted */
  points: optional(text(), "columns x, y, label; slide where there are several; patient or group if wanted"),
  /** or where a mask has one class: a picture, or for a folder of slides a folder with a picture of the same name for each */
  mask: optional(
    text(),
    "a PNG or TIFF of a slide's size, a value for each class (0: none); a folder of them for a folder",
  ),
  /** side of a patch, in its own pixels */
  size: defaulted(whole(1), 64, "side of a patch"),
  /** pixels of a patch for each pixel of the slide: 0.5 covers twice the side */
  scale: defaulted(
    number({ above: 0, most: 16 }),
    1,
    "pixels of a patch for each of the slide; 0.5 covers twice the side",
  ),
  /** for masks: the step from patch to patch, in pixels of the patch; its size */
  stride: optional(whole(1), "masks: from patch to patch, in pixels of a patch (its size)"),
  /** for masks: the share of a patch that must have its class; 0.9. Above one half no two classes can have the same window. */
  cover: optional(number({ above: 0.5, most: 1 }), "masks: how much of a patch must have its class, above 0.5 (0.9)"),
  /** for masks: names of the values; without them, every value but 0 is a class of that name */
  classes: optional(classNames, "masks: names of the grey values, 1=cell,2=ground; only these are cut"),
  /** what becomes of a patch that reaches beyond the slide: left out and reported, or filled up with white */
  border: defaulted(
    word(["skip", "pad"]),
    "skip",
    "a patch that reaches beyond the slide: leave it out, or fill it up with white",
  ),
  /** the page of a TIFF, from 0; chosen by the scale where the pages are one picture in several sizes, else the first */
  page: optional(whole(0), "the page of a TIFF, from 0 (of a pyramid the one that suits the scale)"),
});
