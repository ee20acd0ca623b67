/** The parts of the page, in its order. A part that is added here is in the page of every model that has something to show for it. */

import { filterPictures } from "../../drawing/filters.js";
import { resultKind } from "../../inspection/answers.js";
import { resultSection } from "../../report/inspection/result-section.js";
import { sparseSection } from "../../report/inspection/sparse-section.js";
import { weightsSection } from "../../report/inspection/weights-section.js";
import { filtersSection } from "../../report/training/filters-section.js";
import { networkSection } from "../../report/training/network-section.js";
import { embeddingOfInspection } from "./embedding.js";
import { explanationPart } from "./explanation-part.js";
import type { Part } from "./inspection.js";
import { inversionsOfInspection } from "./inversions.js";
import { responsesOfInspection } from "./responses.js";
import { unitsOfInspection } from "./units.js";
import { wayOf } from "./way.js";

export const PARTS: readonly Part[] = [
  {
    name: "what it says",
    make: async ({ model, pictures }) => [
      pictures.length > 0 ? await resultSection(pictures, resultKind(model)) : undefined,
    ],
  },
  {
    name: "the way through the network",
    make: async (inspection, watch) => [await wayOf(inspection, watch)],
  },
  {
    name: "the network",
    make: async ({ model }) => [networkSection(model.network)],
  },
  {
    name: "filters",
    make: async ({ model }) => {
      const filters = filterPictures(model);
      return [filters && (await filtersSection(filters, filterPictures(model, "common"))), sparseSection(model)];
    },
  },
  {
    name: "filters of deeper layers",
    make: async (inspection, watch) => [await responsesOfInspection(inspection, watch)],
  },
  {
    name: "weights",
    make: async ({ model }) => [weightsSection(model)],
  },
  {
    name: "the data as the network sees it",
    make: async (inspection, watch) => [await embeddingOfInspection(inspection, watch)],
  },
  {
    name: "what excites units",
    make: async (inspection, watch) => [await unitsOfInspection(inspection, watch)],
  },
  {
    name: "what layers keep of a picture",
    make: async (inspection, watch) => [await inversionsOfInspection(inspection, watch)],
  },
  // the slowest comes last: stopped there, all else is done
  {
    name: "why it says so",
    make: async (inspection, watch) => [await explanationPart(inspection, watch)],
  },
];
