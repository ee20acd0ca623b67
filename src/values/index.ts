/** The fields of a block or a loss of one's own, and what each may be: `bellpepper/values`. */

export {
  flag,
  type Kind,
  list,
  type NumberOptions,
  number,
  oneOfNumbers,
  type Pair,
  pair,
  type Sides,
  sides,
  text,
  two,
  whole,
  word,
} from "./kind.js";
export {
  defaulted,
  type Fields,
  type OptionsOf,
  optional,
  type RecordOf,
  type Refuse,
  required,
} from "./record.js";
