import { describe, expect, it } from "vitest";
import { confidenceText, countText, durationText, numberText, percentText, plural, settingText } from "./words.js";

/** Spaces that do not break are shown as plain ones here. */
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("words for numbers", () => {
  it.each([
    [countText(7), "7"],
    [countText(15470), "15 470"],
    [countText(1234567), "1 234 567"],
    [plural(1, "letter"), "1 letter"],
    [plural(9100, "class", "classes"), "9 100 classes"],
    [percentText(334 / 9100), "3.67 %"],
    [percentText(0.9615, 1), "96.2 %"],
    [percentText(Number.NaN), "–"],
    [confidenceText(1), "100 %"],
    [confidenceText(0.999999), "99.99 %"],
    [confidenceText(0.99125), "99.12 %"],
    [confidenceText(0.734), "73 %"],
    [confidenceText(0.004), "< 1 %"],
    [confidenceText(0), "0 %"],
    [numberText(0.01234), "0.0123"],
    [numberText(0.1261), "0.126"],
    [numberText(-16.94), "−16.9"],
    [numberText(3.258), "3.26"],
    [numberText(1234.5), "1235"],
    [durationText(4.24), "4.2 s"],
    [durationText(60), "1 min"],
    [durationText(74.2), "1 min 14 s"],
    [durationText(59.7), "1 min"],
    [durationText(42), "42 s"],
    [durationText(3600), "1 h"],
    [durationText(7385), "2 h 3 min"],
    [settingText([0.001, 0.0001]), "0.001, 0.0001"],
    [settingText({ type: "sgd", momentum: 0.9, weightDecay: 0 }), "sgd, momentum 0.9, weight decay 0"],
    [settingText({ type: "warmUp", schedule: { type: "cosine", rate: 1 } }), "warm up, schedule cosine, rate 1"],
    [settingText(undefined), "–"],
  ])("gives %s", (got, expected) => expect(plain(got)).toBe(expected));
});
