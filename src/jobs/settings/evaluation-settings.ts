import { PARTS } from "../../data/sources/dataset.js";
import { GROUPING } from "../../data/sources/grouping.js";
import { flag, list, names, number, oneOfNumbers, path, whole, word } from "../../values/kind.js";
import { FITS } from "../../values/preprocessing.js";
import { defaulted, optional, record } from "../../values/record.js";
import { DEFINE } from "./define-settings.js";
import { ENGINE } from "./engine-settings.js";
import { EXPLAIN } from "./explain-settings.js";
import { FOREIGN } from "./foreign-settings.js";

/** Whether classes are grades, and in which order. */
export const GRADES = {
  /** the classes are grades: weigh how far off a mistake is. Their order is that of their numbers, or that of the alphabet. */
  ordered: defaulted(flag(), false, "the classes are grades in order: weigh how far off a mistake is"),
  /** the classes as grades, lowest first; then they are `ordered` */
  order: optional(names(2), "the classes as grades, lowest first: low,medium,high; implies --ordered"),
};

/** Which views of each picture a model is asked about. */
export const VIEWS = {
  /** 1; 10: the corners and the middle of the central part of each picture (Krizhevsky et al. 2012), as they are and mirrored, whose probabilities are averaged */
  crops: optional(
    oneOfNumbers([1, 10]),
    "views of each picture: 10 are the corners and the middle of its central part, and the same mirrored; averaged (1)",
  ),
  /** the sides that pictures are brought to before the views are cut out; that of the model */
  scales: optional(
    list(whole(1), 1),
    "bring pictures to each of these sides before the views are cut out: 256,288; averaged",
  ),
};

/** Which part of a picture is meant. */
export const BOXES = {
  /** the column of a list that has the box of what is meant in pixels, or four, or those of two corners; see `openDataset` */
  box: optional(
    names(1),
    "the column of a list with the box of what is meant, 'x y width height', or four: x,y,w,h or xmin,ymin,xmax,ymax (box)",
  ),
  /** how much around each box is taken, too, at each side, as a share of the box's own; as far as the picture goes */
  margin: optional(
    number({ least: 0, most: 10 }),
    "how much around each box is seen, too, as a share of its sides: 0.1 (0)",
  ),
};

/** What `classifyPictures` is told. */
export const CLASSIFY_PICTURES = record({
  ...FOREIGN,
  ...ENGINE,
  ...DEFINE,
  /** how a picture comes to a size of other proportions, where the model, of an earlier version, does not say it */
  fit: optional(word(FITS), "how a picture comes to other proportions, where the model does not say it"),
  /** where the predictions go */
  folder: optional(path(), "where the predictions go (runs/ and the names of model and data)"),
});

/** What `evaluateModel` is told. */
export const EVALUATE_MODEL = record({
  ...FOREIGN,
  ...GROUPING,
  ...ENGINE,
  ...DEFINE,
  /** a list with the classes of the pictures in the folder `data`, such as ILSVRC's ground truth; see `openDataset` */
  truth: optional(
    path(),
    "a list that says what the pictures in the folder are: val.txt, ILSVRC2012_validation_ground_truth.txt, LOC_val_solution.csv",
  ),
  /** only this part of the data; with a split "validation", else all */
  part: optional(word(PARTS), "only this part of the data"),
  /** a file with the split that tells which pictures are in the part, such as a run's `split.json` */
  split: optional(path(), "the split that tells which pictures are in the part (split.json of a run)"),
  fit: CLASSIFY_PICTURES.fields.fit,
  ...VIEWS,
  ...BOXES,
  /** pictures are whole, and the boxes of the list say where things are: measure whether they are seen there */
  localise: defaulted(flag(), false, "measure whether things are seen where the boxes of a list say they are"),
  ...GRADES,
  ...EXPLAIN,
  /** the `predictions.csv` of another model on the same pictures, to compare with */
  against: optional(path(), "the predictions.csv of another model on the same pictures, to compare with"),
  /** where the page goes */
  folder: optional(path(), "where the page goes (runs/ and the names of model and data)"),
});
