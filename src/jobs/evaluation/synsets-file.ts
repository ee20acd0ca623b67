/** Which classes the numbers of ILSVRC's ground truth stand for. */

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isFile } from "../../files/exists-file.js";
import { readText } from "../../files/text-file.js";
import { bytesInMemory } from "../../formats/bytes.js";
import { readMat5 } from "../../formats/matlab/read-mat.js";
import { MatNumbers, MatStruct, MatText, type MatValue } from "../../formats/matlab/values.js";
import { errorText } from "../../values/error-text.js";

/**
 * The WordNet numbers of ILSVRC's classes 1, 2, …, whose order is none that could be known: from `map_clsloc.txt` ("n02119789 1 kit_fox") or `meta.mat` beside a list, as the
 * challenge's development kits have them.
 *
 * @throws Error when neither is there, or says it
 * @example
 * await writeFile("map_clsloc.txt", "n02119789 1 kit_fox\nn02100735 2 English_setter\n");
 * await synsetsBeside("ground_truth.txt"); // ["n02119789", "n02100735"]
 */
export async function synsetsBeside(list: string): Promise<readonly string[]> {
  const [map, meta] = ["map_clsloc.txt", "meta.mat"].map((name) => join(dirname(list), name));
  if (await isFile(map)) return ordered(map, pairsOfText(await readText(map)));
  if (await isFile(meta)) return ordered(meta, await pairsOfMat(meta));
  throw new Error(
    `line 1: a class from 1 on for each picture, in ILSVRC's own order, which is not that of the models: put meta.mat (or map_clsloc.txt) of the development kit beside it, which says which class each number is`,
  );
}

type Pair = readonly [id: string, number: number];

const pairsOfText = (text: string): Pair[] =>
  [...text.matchAll(/^\s*(n\d{8})\s+(\d+)\b/gm)].map(([, id, number]) => [id, Number(number)]);

/** The leaves of the tree of `synsets`; its inner nodes are in no picture's label. */
async function pairsOfMat(path: string): Promise<Pair[]> {
  try {
    const synsets = (await readMat5(bytesInMemory(await readFile(path)))).get("synsets");
    if (!(synsets instanceof MatStruct)) throw new Error("expected the variable 'synsets'");
    return synsets.elements.flatMap((fields): Pair[] => {
      const id = fields.get("WNID");
      if (numberOf(fields.get("num_children")) > 0 || !(id instanceof MatText)) return [];
      return [[id.rows[0] ?? "", numberOf(fields.get("ILSVRC2012_ID"))]];
    });
  } catch (error) {
    throw new Error(`${path}: ${errorText(error)}`, { cause: error });
  }
}

const numberOf = (value: MatValue | undefined): number => (value instanceof MatNumbers ? Number(value.data[0]) : 0);

function ordered(path: string, pairs: readonly Pair[]): readonly string[] {
  const byNumber = new Map(pairs.map(([id, number]) => [number, id]));
  const ids = pairs.map((_, i) => byNumber.get(i + 1));
  const missing = ids.indexOf(undefined);
  if (ids.length === 0 || missing >= 0) {
    throw new Error(`${path}: expected the WordNet numbers of the classes 1, 2, …, got none for ${missing + 1 || 1}`);
  }
  return ids.flatMap((id) => id ?? []);
}
