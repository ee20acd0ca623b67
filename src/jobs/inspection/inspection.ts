/** What the parts of a page about a network's inside are made from. */

import type { PictureSamples } from "../../data/pictures/pictures-file.js";
import type { Engine } from "../../engine/engine.js";
import type { Tensor } from "../../graph/types.js";
import type { Opened } from "../../inspection/opened.js";
import type { TrainedModel } from "../../network/model/model.js";
import type { InspectedPicture } from "../../report/inspection/result-section.js";
import type { Section } from "../../report/page/section.js";
import type { Said } from "./said.js";

/** A picture that is looked at. */
export interface LookedAt extends InspectedPicture, Said {
  /** 1×C×H×W, as the network takes it */
  readonly input: Tensor<"float32">;
}

/** Pictures of a data set, as the network takes them: all, or some by chance where there are many. */
export interface InspectedSet {
  readonly samples: PictureSamples;
  readonly classes: readonly string[];
  /** how many the data set has */
  readonly of: number;
}

/** A model that is opened up, and the pictures that it is looked at by. */
export interface Inspection {
  /** what computes */
  readonly engine: Engine;
  readonly model: TrainedModel;
  /** undefined where the network reads something else than one picture */
  readonly opened: Opened | undefined;
  /** what was given; none where only the model is looked at */
  readonly pictures: readonly LookedAt[];
  /** undefined where no data set was given */
  readonly set: InspectedSet | undefined;
  /** the class that is asked about: why not this one? */
  readonly whyNot?: number | undefined;
  /** the layer whose values place the pictures of the data set; the last before the classifier unless given */
  readonly layer?: string | undefined;
}

/** How a part is watched and stopped. */
export interface PartWatch {
  readonly signal: AbortSignal;
  /** tells how many of such things, "pictures", are done */
  tell(things: string, done: number, total: number): void;
  /** tells what the part has not, as it was stopped: "the map of UMAP" */
  without(missing: string): void;
}

/** A part of the page. */
export interface Part {
  /** what it is about, as progress says it */
  readonly name: string;
  /**
   * Stopped, it gives what it has and tells what is missing, or throws the signal's reason.
   *
   * @returns nothing where there is nothing to be shown of this model, or without pictures
   */
  make(inspection: Inspection, watch: PartWatch): Promise<readonly (Section | undefined)[]>;
}
