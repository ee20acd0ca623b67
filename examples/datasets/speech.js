/** Words that espeak-ng says, in many voices: sounds that nobody has to fetch. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const DIGITS = "zero one two three four five six seven eight nine".split(" ");

/** The words of Google's Speech Commands, version 1. */
export const COMMANDS =
  "bed bird cat dog down eight five four go happy house left marvin nine no off on one right seven sheila six stop three tree two up wow yes zero".split(
    " ",
  );

/** Accents of English, which the voices have in turn. */
const ACCENTS = [
  "en-us",
  "en-gb",
  "en-gb-scotland",
  "en-gb-x-rp",
  "en-029",
  "en-gb-x-gbclan",
  "en-us-nyc",
  "en-gb-x-gbcwmd",
];
const VOICES = 60;
/** Every so many voices one is kept out of training. */
const KEPT_OUT = 5;
const [PITCHES, SPEEDS] = [
  [35, 65],
  [140, 185],
];

/** What espeak-ng says, as the bytes of a WAV file. */
function say(/** @type {string[]} */ options, /** @type {string} */ text) {
  const { status, stdout, error } = spawnSync("espeak-ng", [...options, "--stdout", text], { maxBuffer: 2 ** 26 });
  if (error || status !== 0) throw new Error("espeak-ng does not run: expected Debian's package espeak-ng.");
  // the head of a stream promises more than there is
  const file = Uint8Array.from(stdout);
  new DataView(file.buffer).setUint32(40, file.length - 44, true);
  return file;
}

/** Voices that sound different, each with an accent: `en-us+Adam`. */
function voicesThatDiffer() {
  const { stdout } = spawnSync("espeak-ng", ["--voices=variant"], { encoding: "utf8" });
  const names = [...(stdout ?? "").matchAll(/!v\/(\w+)\s*$/gm)].map(([, name]) => name).sort();
  const heard = new Set();
  const different = names.filter((name) => {
    if (/whisper|fast/.test(name)) return false;
    const sound = createHash("sha256")
      .update(say(["-v", `en-us+${name}`], "five zero one"))
      .digest("hex");
    return heard.size < heard.add(sound).size;
  });
  if (different.length < VOICES)
    throw new Error(`espeak-ng has ${different.length} voices that differ: expected ${VOICES}.`);
  return different.slice(0, VOICES).map((name, i) => ({ name, accent: ACCENTS[i % ACCENTS.length] }));
}

/**
 * Writes words as a data set: each by 60 voices at two pitches and two speeds, 12 of the voices as the part "test".
 *
 * @param {readonly string[]} words
 * @param {string} to the folder
 */
export function prepareWords(words, to) {
  for (const [i, { name, accent }] of voicesThatDiffer().entries()) {
    const part = i % KEPT_OUT === KEPT_OUT - 1 ? "test" : "train";
    for (const word of words) {
      const folder = join(to, part, word);
      mkdirSync(folder, { recursive: true });
      for (const pitch of PITCHES) {
        for (const speed of SPEEDS) {
          const options = ["-v", `${accent}+${name}`, "-p", `${pitch}`, "-s", `${speed}`];
          writeFileSync(join(folder, `${name}_${pitch}_${speed}.wav`), say(options, word));
        }
      }
    }
  }
}
