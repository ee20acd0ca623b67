import type { Image } from "../../data/pictures/image.js";
import type { Samples } from "../../data/samples.js";
import type { PredictionTable } from "../../evaluation/table/predictions.js";
import type { TrainedModel } from "../../network/model/model.js";
import type { LineReading } from "../../reading/read-line.js";
import type { EpochStatistics } from "../../training/events.js";
import type { Markup } from "../page/markup.js";

/** Samples of which the report may say where they come from, such as letters of typefaces. */
export interface SourcedSamples extends Samples {
  readonly typefaces?: readonly { readonly family: string; readonly style: string }[];
  /** what each sample is called, such as its file */
  readonly names?: readonly string[];
  /** the typeface of a sample */
  typeface?(index: number): { readonly family: string; readonly style: string };
}

/** What a report is made of. */
export interface ReportInput {
  readonly title: string;
  readonly model: TrainedModel;
  /** the statistics of each epoch */
  readonly history: readonly EpochStatistics[];
  /** the settings, by name, in the order in which they are listed */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** how long it all took */
  readonly seconds?: number;
  /** what the model says about `validation` */
  readonly predictions: PredictionTable;
  readonly validation: SourcedSamples;
  /** what was trained on, before any jitter */
  readonly training: SourcedSamples;
  /** what was trained on, with jitter */
  readonly jittered?: Samples;
  /** a line of writing, what it says, and what was read */
  readonly sentence?: { readonly image: Image; readonly expected?: string; readonly reading: LineReading };
  /** what it was computed on: processor, threads, device */
  readonly machine?: string;
}

/** A picture of the report as a file of its own: PNG as it is, or SVG to be drawn as PNG. */
export interface Picture {
  /** the name of its file, without ending */
  readonly name: string;
  readonly content: { readonly png: Uint8Array } | { readonly svg: string };
}

/** A part of the report. */
export interface Section {
  /** its anchor in the page */
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
  readonly pictures: readonly Picture[];
}
