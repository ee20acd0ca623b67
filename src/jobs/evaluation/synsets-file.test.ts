import { join } from "node:path";
import { expect, test } from "vitest";
import { passingFolder } from "../../../test/support/picture-folder.js";
import { row, struct, text, writeMat5 } from "../../formats/matlab/write-mat.js";
import { synsetsBeside } from "./synsets-file.js";

const synset = (number: number, id: string, children: number) => ({
  ...{ ILSVRC2012_ID: row(number), WNID: text(id), words: text("…"), num_children: row(children) },
});

test("the leaves of the development kit's tree, by their numbers", async () => {
  const synsets = struct(synset(2, "n02100735", 0), synset(1, "n02119789", 0), synset(3, "n00001740", 9));
  const root = await passingFolder({ "meta.mat": writeMat5({ synsets }) });
  expect(await synsetsBeside(join(root, "ILSVRC2012_validation_ground_truth.txt"))).toEqual(["n02119789", "n02100735"]);
});

test("the text of later kits; without either it is said what is needed", async () => {
  const root = await passingFolder({ "map_clsloc.txt": "n02119789 1 kit_fox\nn02100735 2 English_setter\n" });
  expect(await synsetsBeside(join(root, "truth.txt"))).toEqual(["n02119789", "n02100735"]);
  await expect(synsetsBeside(join(root, "elsewhere/truth.txt"))).rejects.toThrow(/put meta\.mat .* beside it/);
  const gap = await passingFolder({ "map_clsloc.txt": "n02119789 1 kit_fox\nn02100735 3 English_setter\n" });
  await expect(synsetsBeside(join(gap, "truth.txt"))).rejects.toThrow(/map_clsloc\.txt: .* got none for 2$/);
});
