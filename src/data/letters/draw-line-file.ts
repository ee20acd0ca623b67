import { defined } from "../../values/defined.js";
import { greyFromColour, type Image } from "../pictures/image.js";
import { type Font, openFont } from "./font-file.js";
import { LETTER_EXTENT } from "./letters.js";

/** The options of {@link drawLine}; every one has a default. */
export interface LineOptions {
  /** what ascent and descent over a–z measure together, in pixels; 28, as in the letters that are trained on */
  readonly extent?: number;
  /** the picture's height in pixels; 8/7 of the extent, rounded: 32 for letters of 28 */
  readonly height?: number;
  /** the picture's width in pixels; as wide as the text with its margins */
  readonly width?: number;
  /** free pixels left of the text's ink, and right of it where no width is given; half the height */
  readonly margin?: number;
  /** a CSS colour; black */
  readonly color?: string;
  /** a CSS colour; white */
  readonly background?: string;
  /** 1 (default): grey, 3: red, green, blue */
  readonly channels?: 1 | 3;
}

/**
 * Draws one line of text, its letters a–z as large as those that are trained on, ascent and descent centred from top to
 * bottom.
 *
 * The margin of half a picture lets a window, slid over the line, look at the first and last letter in its middle.
 * Capitals, accents and digits may be higher than a–z and lose their tips where the height is small.
 *
 * @param font a font file, or one that is open (it stays open)
 * @throws Error when the font cannot be read or lacks a character; RangeError when the text does not fit the given width
 * @example
 * const image = await drawLine("the rat the cat", "Lato-Regular.ttf"); // 32 pixels high, black on white
 */
export async function drawLine(text: string, font: string | Font, options: LineOptions = {}): Promise<Image> {
  if (typeof font !== "string") return drawn(text, font, options);
  const opened = await openFont(font);
  try {
    return drawn(text, opened, options);
  } finally {
    opened.close();
  }
}

function drawn(text: string, font: Font, options: LineOptions): Image {
  const missing = font.missing(new Set(text));
  if (missing.length > 0) throw new Error(`${font.path} has no glyphs for ${missing.map((c) => `"${c}"`).join(" ")}.`);
  const { extent = LETTER_EXTENT, color, background, channels = 1 } = options;
  const { height = Math.round((extent * 8) / 7) } = options;
  const { margin = Math.round(height / 2) } = options;
  for (const [what, value] of Object.entries({ extent, height })) {
    if (!(value > 0)) throw new RangeError(`Invalid value for a line's ${what}: expected more than 0, got ${value}.`);
  }
  const { size, ascent, descent } = font.fit(extent);
  const { left, right } = font.measure(text, size);
  const needed = Math.ceil(margin + left + right);
  const { width = needed + margin } = options;
  if (needed > width) {
    throw new RangeError(`"${text}" with its margin is ${needed} pixels wide, expected at most ${width}.`);
  }
  const image = font.draw(text, {
    width,
    height,
    size,
    x: margin + left,
    baseline: (height - ascent - descent) / 2 + ascent,
    ...defined({ color, background }),
  });
  return channels === 3 ? image : { width, height, channels, data: greyFromColour(image.data) };
}
