import { expect, test } from "vitest";
import { styleSheet } from "./style.js";

test("the style sheet of all pages, which their snapshots link to", async () => {
  await expect(styleSheet([])).toMatchFileSnapshot("snapshots/style.css");
});
