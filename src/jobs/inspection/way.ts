/** What the layers of a network make of pictures, for the page. */

import { segmentsOf } from "../../drawing/network/layout.js";
import { type Unit, unitsOf } from "../../drawing/network/units.js";
import { activations } from "../../inspection/opened.js";
import type { Network } from "../../network/network.js";
import { type PictureWay, waySection } from "../../report/inspection/way-section.js";
import type { Section } from "../../report/page/section.js";
import type { Inspection, PartWatch } from "./inspection.js";

/** Of so many pictures the way is shown. */
const PICTURES = 3;
/** So many layers of a network are shown. */
const STAGES = 24;

/** The pictures' way through the network. @returns undefined without pictures */
export async function wayOf({ opened, pictures }: Inspection, { signal }: PartWatch): Promise<Section | undefined> {
  if (!opened || pictures.length === 0) return undefined;
  const units = shownUnits(opened.model.network);
  const names = units.map((unit) => unit.names[unit.names.length - 1]);
  const ways: PictureWay[] = [];
  for (const { name, input } of pictures.slice(0, PICTURES)) {
    signal.throwIfAborted();
    const values = await activations(opened, input, names);
    const stages = units.map(({ text, behind, field }, i) => ({
      ...{ layer: names[i], text: [text, ...behind].join(", "), field, value: values[names[i]] },
    }));
    ways.push({ name, stages });
  }
  return waySection(ways, Math.max(0, pictures.length - PICTURES));
}

/** All blocks of a network; where they are many, those that everything passes through; of still more, some evenly between the first and the last. */
function shownUnits(network: Network): readonly Unit[] {
  const units = unitsOf(network);
  const all = units.filter(({ kind }) => kind !== "input");
  if (all.length <= STAGES) return all;
  const main = segmentsOf(units.map(({ inputs }) => inputs))
    .map(({ to }) => units[to])
    .filter(({ kind }) => kind !== "input");
  if (main.length <= STAGES) return main;
  return Array.from({ length: STAGES }, (_, i) => main[Math.round((i * (main.length - 1)) / (STAGES - 1))]);
}
