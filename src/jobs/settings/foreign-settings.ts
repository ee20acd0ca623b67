import { SIZE } from "../../data/pictures/picture-size.js";
import { path, text } from "../../values/kind.js";
import { optional } from "../../values/record.js";

/** What a model file of another toolbox may not say. */
export const FOREIGN = {
  /** a file with the names of the classes, in the order of the scores: a line each ("bell pepper", or "n07720875 bell pepper"), or JSON; see `readClassNames` */
  classes: optional(
    path(),
    "the names of the model's classes, where its file has none: a file with a line each, or JSON",
  ),
  /** how pictures are prepared: as who published the weights does it (`ORIGINS`), or as a JSON file says; see `readPreparation` */
  prepare: optional(
    text("a name or a file", /./),
    "how pictures are prepared, where the model does not say it: torchvision, timm, transformers, keras, tensorflow, caffe, matconvnet, or a JSON file",
  ),
  /** the size of the network's images, where its file leaves it open */
  size: optional(SIZE, "the size of the model's images, where its file leaves it open: 224, or 320x240"),
  /** the network whose weights a file has that has nothing else, where it is not recognised, or may be one of several: one of the zoo, one of timm (`VARIANT_NAMES`), or a JSON file of layers */
  network: optional(
    text("a name or a file", /./),
    "the network whose weights the file has, where it has nothing else and is not recognised, or may be one of several: one of `bellpepper display`, or a JSON file of layers",
  ),
};
