/** Which pictures a model was trained on, by checksums of their pixels in its file's metadata: who measures it is told where they are among others. */

import { text, whole } from "../../values/kind.js";
import { record, required } from "../../values/record.js";

type Metadata = Readonly<Record<string, string>>;

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

/**
 * The entry of a model's metadata.
 *
 * @param sums the checksums of the pixels of each picture that it was trained on
 * @param before the metadata of the model that training began with: what that one was trained on, this one was, too
 */
export function trainedOnEntry(sums: Uint32Array, before: Metadata = {}): Record<string, string> {
  const earlier = knownIn(before);
  const all = Uint32Array.from(new Set([...sums, ...(earlier?.sums ?? [])])).sort();
  const bytes = new DataView(new ArrayBuffer(4 * Math.min(MOST, all.length)));
  all.subarray(0, MOST).forEach((sum, i) => {
    bytes.setUint32(4 * i, sum, true);
  });
  const content = btoa(String.fromCharCode(...new Uint8Array(bytes.buffer)));
  const unknown = earlier ? earlier.pictures - earlier.sums.length : 0;
  return { [KEY]: JSON.stringify({ pictures: all.length + unknown, sums: content }) };
}

/** The entry among a model's metadata, where it has one. */
export const trainedOnIn = (metadata: Metadata): Record<string, string> =>
  Object.hasOwn(metadata, KEY) ? { [KEY]: metadata[KEY] } : {};

/**
 * How many pictures are among those that a model was trained on.
 *
 * @param metadata that of the model's file
 * @param sums the checksums of the pixels of each picture, prepared as the model says
 * @returns undefined where the file does not say it
 */
export function trainedOnAmong(metadata: Metadata, sums: Uint32Array): TrainedOn | undefined {
  const entry = knownIn(metadata);
  if (!entry) return undefined;
  const known = new Set(entry.sums);
  const last = known.size < entry.pictures ? entry.sums.reduce((a, b) => Math.max(a, b), 0) : 2 ** 32;
  const seen = sums.filter((sum) => sum <= last);
  return { count: seen.filter((sum) => known.has(sum)).length, of: seen.length };
}

/** What the entry holds. */
function knownIn(metadata: Metadata): { readonly pictures: number; readonly sums: readonly number[] } | undefined {
  if (!Object.hasOwn(metadata, KEY)) return undefined;
  const { pictures, sums: content } = CONTENT.read(JSON.parse(metadata[KEY]), KEY);
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return {
    pictures,
    sums: Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getUint32(4 * i, true)),
  };
}

/**
 * What is said of it; nothing where none is among them, or it is not known.
 *
 * @param model what was trained on them: "the model"
 */
export function trainedOnNotes(found: TrainedOn | undefined, model = "the model"): string[] {
  if (!found || found.count === 0) return [];
  const { count, of } = found;
  return [
    `${count} of ${of} pictures ${count === 1 ? "is" : "are"} among those that ${model} was trained on: the result does not tell how good it is on others.`,
  ];
}
