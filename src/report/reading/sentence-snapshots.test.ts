import { test } from "vitest";
import { sentence } from "../../../test/support/sentence.js";
import { expectPicture } from "../../../test/support/snapshot.js";
import { lettersFigure, scoresFigure } from "./sentence-figures.js";

// Each picture was looked at: see CONTRIBUTING.md.
test("the letters under a line", async () => {
  const { image, reading } = sentence;
  await expectPicture("letters", await lettersFigure(image, reading));
});

test("the scores under a line", async () => {
  await expectPicture("scores", await scoresFigure(sentence.reading));
});
