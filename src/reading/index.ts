/** Lines of text read by a network for letters: `bellpepper/reading`. */

export { editDistance } from "../values/nearest.js";
export { characterErrorRate } from "./character-error.js";
export { type DecodedText, type DecodingOptions, readText } from "./ctc.js";
export type { ColumnScores } from "./letters/letter-scorer.js";
export {
  type LineReader,
  type LineReading,
  lineReader,
  type ReadLetter,
  readLine,
  SURE,
  type TextReading,
} from "./read-line.js";
