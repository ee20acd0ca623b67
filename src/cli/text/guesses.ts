/** What pictures are taken for, as text, CSV and JSON. */

import { formatCsv } from "../../files/csv.js";
import type { ClassifyImagesEvent } from "../../jobs/evaluation/classify-images-file.js";

/** A picture with what it is taken for. */
export type Guessed = Extract<ClassifyImagesEvent, { type: "guessed" }>;

/** The picture's path, and below it its classes in the lecture's form: "bell pepper (946), score 0.848". */
export const guessesText = ({ path, guesses }: Guessed): string =>
  `${path}\n${guesses.map(({ name, number, probability }) => `  ${name} (${number}), score ${probability.toFixed(3)}\n`).join("")}`;

/** The lines of a picture, one for each guess; without one, the names of the columns. */
export const guessesCsv = (guessed?: Guessed): string =>
  formatCsv(
    guessed
      ? guessed.guesses.map(({ name, number, probability, id = "" }, i) => [
          ...[guessed.path, `${i + 1}`, name, `${number}`, probability.toFixed(6), id],
        ])
      : [["path", "rank", "class", "number", "score", "wordnet"]],
  );

/** All that there is to tell of pictures. */
export interface AllGuessed {
  readonly model: string;
  readonly classes: number;
  readonly guessed: readonly Omit<Guessed, "why">[];
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
  /** so many pictures were not looked at, because it was stopped */
  readonly left: number;
}

/** Everything as JSON. */
export const guessesJson = ({ model, classes, guessed, broken, left }: AllGuessed): string => {
  const pictures = guessed.map(({ path, guesses }) => ({
    path,
    guesses: guesses.map(({ name, number, probability, id }) => ({
      ...{ class: name, number, score: probability },
      ...(id === undefined ? {} : { wordnet: id }),
    })),
  }));
  return `${JSON.stringify({ model, classes, pictures, broken, ...(left > 0 ? { left } : {}) }, null, 2)}\n`;
};
