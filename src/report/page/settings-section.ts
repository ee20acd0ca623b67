import { html } from "../../drawing/markup.js";
import type { Normalization } from "../../values/normalization.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import type { Section } from "./section.js";
import { valueList } from "./text/header.js";
import { settingText, wordsOf } from "./text/words.js";

/** What something was computed with. */
export interface Settings {
  /** the settings, by name, in the order in which they are listed */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly normalization?: Normalization | undefined;
  /** how pictures became bytes */
  readonly preprocessing?: Preprocessing | undefined;
  /** what it was computed on: processor, threads, device */
  readonly machine?: string | undefined;
}

/** More means than that are those of an image. */
const MOST_MEANS = 4;

/** The settings, in words. */
export function settingsSection({ configuration, normalization, preprocessing, machine }: Settings): Section {
  const rows: (readonly [string, string])[] = [
    ...Object.entries(configuration).map(([key, value]) => [wordsOf(key), settingText(value)] as const),
    ...(preprocessing ? [["preparation", preparationText(preprocessing)] as const] : []),
    ...(normalization ? [["normalization", normalizationText(normalization)] as const] : []),
    ...(machine === undefined ? [] : [["machine", machine] as const]),
  ];
  const body = html`<p>With these settings, and the same number of threads on the same kind of machine, a run gives the same numbers again.</p>
${valueList("settings", rows)}`;
  return { id: "settings", title: "Settings", body, pictures: [] };
}

function preparationText({
  width,
  height,
  fit,
  border,
  resampling,
  background,
  order,
  labelOffset,
}: Preprocessing): string {
  const cut = border && (border[0] > 0 || border[1] > 0) ? ` of ${width + border[1]}×${height + border[0]}` : "";
  return [
    `${fit} to ${width}×${height}${cut}`,
    resampling,
    ...(background === "white" ? [] : [`on ${background}`]),
    ...(order === "bgr" ? ["blue, green, red"] : []),
    ...(labelOffset ? [`${labelOffset} before the first class`] : []),
  ].join(", ");
}

const normalizationText = ({ mean, scale }: Normalization): string => {
  const scales = (typeof scale === "number" ? [scale] : scale).map((each) => Number(each.toPrecision(6)));
  return `(byte − ${mean.length > MOST_MEANS ? "mean image" : mean.map((m) => m.toFixed(2)).join(", ")}) · ${scales.join(", ")}`;
};
