/** Prediction tables as CSV files, for spreadsheets, R and pandas. */

import { writeFileAtomically } from "../../files/atomic-file.js";
import { readText } from "../../files/text-file.js";
import { errorText } from "../../values/error-text.js";
import type { PredictionTable, TableOf } from "./predictions.js";
import { type CsvKind, type CsvOptions, csvLines } from "./predictions-csv.js";
import { predictionsFromCsv } from "./predictions-from-csv.js";

/**
 * Writes a table as CSV, see `predictionsToCsv`; the file is there whole or not at all.
 *
 * @throws RangeError when two classes, attributes or values have the same name; TypeError for maps of labels and boxes; the system's error
 *   when the file cannot be written
 * @example
 * await writePredictions("predictions.csv", predictions);
 * (await readPredictions("predictions.csv", "classes")).labels; // equals predictions.labels
 */
export async function writePredictions(path: string, table: PredictionTable, options: CsvOptions = {}): Promise<void> {
  await writeFileAtomically(path, csvLines(table, options));
}

/**
 * Reads a table that {@link writePredictions} wrote; every score that it has has the same bits again.
 *
 * @param kind the kind of table that is expected; any unless given
 * @throws Error that names the file, and the line where something is missing or wrong, or that the table is of another kind
 * @example
 * await writePredictions("predictions.csv", predictions);
 * const again = await readPredictions("predictions.csv", "classes");
 * topError(again, 1); // equals topError(predictions, 1)
 */
export async function readPredictions<K extends CsvKind = CsvKind>(path: string, kind?: K): Promise<TableOf[K]> {
  const text = await readText(path);
  try {
    return predictionsFromCsv(text, kind);
  } catch (error) {
    throw new Error(`${path}: ${errorText(error)}`, { cause: error });
  }
}
