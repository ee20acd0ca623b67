/** What layers keep of a picture. */

import type { Image } from "../../data/pictures/image.js";
import { fromLast } from "../../data/pictures/resize/arrange.js";
import { correlation } from "../../inspection/statistics.js";
import { invertFeatures } from "../../inspection/visualisation/invert-features.js";
import { networkTable } from "../../network/display/table.js";
import { inputOf, withoutLoss } from "../../network/network.js";
import {
  type InvertedPicture,
  inversionSection,
  type ShownInversion,
} from "../../report/inspection/inversion-section.js";
import type { Section } from "../../report/page/section.js";
import { isStop } from "../events/event-stream.js";
import type { Inspection, PartWatch } from "./inspection.js";

/** Layers that are shown. */
const LAYERS = 4;

/** Pictures made from what a few layers keep of those that are looked at; undefined without any. */
export async function inversionsOfInspection(
  { model, opened, pictures }: Inspection,
  { signal, tell, without }: PartWatch,
): Promise<Section | undefined> {
  const { channels, height, width } = inputOf(model.network);
  if (!opened || pictures.length === 0 || (channels !== 1 && channels !== 3)) return undefined;
  const all = withoutLoss(model.network).layers.filter(({ layer }) => layer.type === "conv");
  const count = Math.min(LAYERS, all.length);
  const layers = Array.from({ length: count }, (_, i) => Math.round((i * (all.length - 1)) / Math.max(1, count - 1)));
  // One run takes three times a picture's multiply-adds: about half a minute at most of what is usual, a minute of what is large.
  const isCheap = networkTable(model.network).totals.multiplyAdds < 5e7;
  const steps = isCheap ? 150 : 48;
  const shown: InvertedPicture[] = [];
  const asked = pictures.slice(0, isCheap ? 3 : 1);
  const of = asked.length * layers.length * steps;
  let before = 0;
  for (const { name, image, input } of asked) {
    const inversions: ShownInversion[] = [];
    shown.push({ name, image, inversions });
    for (const layer of layers.map((i) => all[i].name)) {
      try {
        for await (const { made, done } of invertFeatures(opened, input, layer, { steps, signal })) {
          tell("steps", before + done, of);
          for (const { image: found, distance } of made) {
            const bytes: Image = { channels, height, width, data: Uint8Array.from(found.data, Math.round) };
            const turned = model.preprocessing?.order === "bgr" ? fromLast(bytes) : bytes;
            inversions.push({ layer, image: turned, distance, correlation: correlation(found.data, input.data) });
          }
        }
      } catch (error) {
        if (!isStop(error, signal) || before === 0) throw error;
        without(`what ${layer} and others keep of ${name}`);
        return inversionSection(
          shown.filter((own) => own.inversions.length > 0),
          steps,
        );
      }
      before += steps;
    }
  }
  return inversionSection(shown, steps);
}
