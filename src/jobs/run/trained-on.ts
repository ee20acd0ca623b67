/** Which pictures a model was trained on, by checksums of their pixels in its file's metadata: who measures it is told where they are among others. */

import { text, whole } from "../../values/kind.js";
import { record, required } from "../../values/record.js";

/** The entry of the metadata. */
const KEY = "bellpepper.trainedOn";
/** So many checksums are kept at most, the smallest: they take 44 kB, and are a sample that does not depend on the pictures' order. */
const MOST = 8192;

const CONTENT = record({
  /** how many different pictures there were */
  pictures: required(whole(0)),
  /** the smallest checksums (CRC-32), as the bytes of unsigned numbers, the lowest byte first, in Base64 */
  sums: required(text()),
});

/** Pictures that a model was trained on, among others. */
export interface TrainedOn {
  /** how many there are among the others */
  readonly count: number;
  /** of how many that is known: of all, or where the model was trained on very many, of a random part of them */
  readonly of: number;
}

/** The entry of a model's metadata. @param sums the checksums of the pixels of each picture that it was trained on */
export function trainedOnEntry(sums: Uint32Array): Record<string, string> {
  const all = Uint32Array.from(new Set(sums)).sort();
  const bytes = new DataView(new ArrayBuffer(4 * Math.min(MOST, all.length)));
  all.subarray(0, MOST).forEach((sum, i) => {
    bytes.setUint32(4 * i, sum, true);
  });
  const content = btoa(String.fromCharCode(...new Uint8Array(bytes.buffer)));
  return { [KEY]: JSON.stringify({ pictures: all.length, sums: content }) };
}

/** The entry among a model's metadata, where it has one. */
export const trainedOnIn = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.hasOwn(metadata, KEY) ? { [KEY]: metadata[KEY] } : {};

/**
 * How many pictures are among those that a model was trained on.
 *
 * @param metadata that of the model's file
 * @param sums the checksums of the pixels of each picture, prepared as the model says
 * @returns undefined where the file does not say it
 */
export function trainedOnAmong(metadata: Readonly<Record<string, string>>, sums: Uint32Array): TrainedOn | undefined {
  if (!Object.hasOwn(metadata, KEY)) return undefined;
  const { pictures, sums: content } = CONTENT.read(JSON.parse(metadata[KEY]), KEY);
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const known = new Set(Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getUint32(4 * i, true)));
  const last = known.size < pictures ? Math.max(...known) : 2 ** 32;
  const seen = sums.filter((sum) => sum <= last);
  return { count: seen.filter((sum) => known.has(sum)).length, of: seen.length };
}

/** What is said of it; nothing where none is among them, or it is not known. */
export function trainedOnNotes(found: TrainedOn | undefined): string[] {
  if (!found || found.count === 0) return [];
  const { count, of } = found;
  return [
    `${count} of ${of} pictures ${count === 1 ? "is" : "are"} among those that the model was trained on: the result does not tell how good it is on others.`,
  ];
}
