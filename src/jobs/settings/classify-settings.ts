import type { Box } from "../../data/sources/dataset.js";
import { type Kind, path, whole } from "../../values/kind.js";
import { wrongKind } from "../../values/place.js";
import { defaulted, optional, record, required } from "../../values/record.js";
import { DEFINE } from "./define-settings.js";
import { ENGINE } from "./engine-settings.js";
import { EXPLAIN, WHY_NOT } from "./explain-settings.js";
import { FOREIGN } from "./foreign-settings.js";

const BOX_FIELDS = record({
  x: required(whole(0)),
  y: required(whole(0)),
  width: required(whole(1)),
  height: required(whole(1)),
});

/** A part of a picture, in pixels from its upper left corner; on a command line 10,20,200,100. */
export const BOX: Kind<Box> = {
  expected: "a box x,y,width,height in whole pixels, such as 10,20,200,100",
  parse(given) {
    const [x, y, width, height, ...more] = given.split(",").map((side) => whole().parse?.(side));
    return height === undefined || more.length > 0 ? given : { x, y, width, height };
  },
  take(value, at) {
    if (typeof value !== "object") throw wrongKind(at, BOX.expected, value);
    return BOX_FIELDS.take(value, at);
  },
};

/** What `classifyImages` is told. */
export const CLASSIFY_IMAGES = record({
  /** so many classes are told of each picture, the likeliest */
  top: defaulted(whole(1), 5, "so many classes are told of each picture, the likeliest first"),
  /** only what is in it, of each picture */
  box: optional(BOX, "only this part of each picture, in its pixels: x,y,width,height"),
  /** where a page with the pictures goes */
  out: optional(path(), "a page with the pictures and what they are taken for: an .html file"),
  ...EXPLAIN,
  ...WHY_NOT,
  ...FOREIGN,
  ...ENGINE,
  ...DEFINE,
});
