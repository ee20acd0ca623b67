import { dirname, join } from "node:path";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { type Page, page } from "./page.js";
import { pngFromSvg, reportFonts } from "./pictures/raster-file.js";

/** Where a page was written. */
export interface WrittenPage {
  /** the path of the HTML file */
  readonly page: string;
  /** the paths of the PNG files beside it */
  readonly pictures: readonly string[];
}

/**
 * Writes a page as one HTML file that needs no other, and its pictures as PNG in the folder `pictures` beside it. Every file appears whole or
 * not at all; older ones of the same names are replaced.
 *
 * @throws the system's error when a file cannot be written
 */
export async function writePage(path: string, content: Page): Promise<WrittenPage> {
  const pictures: string[] = [];
  for (const { name, content: picture } of content.sections.flatMap((section) => section.pictures)) {
    const own = join(dirname(path), "pictures", `${name}.png`);
    await writeFileAtomically(own, "png" in picture ? picture.png : await pngFromSvg(picture.svg));
    pictures.push(own);
  }
  await writeFileAtomically(path, page(content, await reportFonts()));
  return { page: path, pictures };
}
