/** Which settings to train with next, and what was learned of them: `bellpepper/search`. Runs anywhere. */

export { type MeasuredError, measureError, NOISE, withinNoise } from "./certainty.js";
export { type Importance, importanceOf, type Tried } from "./importance.js";
export { type Halving, nextStep, rungEpochs, type SearchStep, type TrialState } from "./next-step.js";
export {
  choices,
  drawValues,
  gridOf,
  interval,
  placeIn,
  type RangeOptions,
  type Setting,
  type SettingChoices,
  type SettingCondition,
  type SettingRange,
  type SettingValue,
  type SettingValues,
  type Space,
} from "./space.js";
