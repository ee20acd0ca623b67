/** How fast batches are jittered, beside the training steps that take them. */

import { JITTER_PRESETS } from "../data/change/jitter-description.js";
import { jitterPictures } from "../data/change/jitter-pictures.js";
import { jitterLetters } from "../data/letters/jitter-letters.js";
import type { LetterSamples } from "../data/letters/letters.js";
import type { Samples } from "../data/samples.js";
import type { Engine } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32, zeros } from "../graph/tensor.js";
import { cifarVgg, ocr } from "../network/zoo/index.js";
import { type Contender, interleaved, ratio, repeated } from "./interleaved.js";
import { BATCH, timedStep } from "./timed-step.js";

/** Batches of 100, one after the other, on one thread of JavaScript. */
function filling(name: string, samples: Samples): Contender {
  const { channels, height, width } = samples.shape;
  const size = channels * height * width;
  const batch = new Uint8Array(BATCH * size);
  let done = 0;
  const once = (): number => {
    const started = performance.now();
    for (let i = 0; i < BATCH; i++) samples.read((done + i) % samples.count, done, batch, i * size);
    done += BATCH;
    return performance.now() - started;
  };
  return { name, run: (steps) => repeated(once, steps) };
}

/** Letters as coloured pictures: the same byte three times, a little apart. */
function coloured(letters: Samples): Samples {
  const { height, width } = letters.shape;
  const area = height * width;
  return {
    ...letters,
    shape: { channels: 3, height, width },
    read(index, epoch, into, offset) {
      for (let c = 0; c < 3; c++) {
        letters.read(index, epoch, into, offset + c * area);
        for (let i = 0; i < area; i++) into[offset + c * area + i] ^= 9 * c;
      }
    },
  };
}

/** The geometry alone, as affine maps that the engine samples; the elastic part of jitter would need grids that are made elsewhere. */
async function samplingInEngine(engine: Engine, { shape }: Samples): Promise<Contender & { close(): Promise<void> }> {
  const size = [BATCH, shape.channels, shape.height, shape.width];
  const g = new GraphBuilder("affine jitter");
  const images = g.op("Cast", [g.input("images", "uint8", size)], { to: 1 });
  const grid = g.op("AffineGrid", [g.input("maps", "float32", [BATCH, 2, 3]), g.ints(...size)]);
  g.output("moved", g.op("GridSample", [images, grid], { padding_mode: "border" }));
  const program = await engine.load(g.build());
  const inputs = {
    images: zeros("uint8", size),
    // turned by a tenth, shifted by a tenth of half the picture
    maps: float32(Array.from({ length: BATCH }, () => [1, -0.1, 0.1, 0.1, 1, -0.1]).flat(), [BATCH, 2, 3]),
  };
  const moved = zeros("float32", size);
  const once = async (): Promise<number> => {
    const started = performance.now();
    await program.run(inputs, { moved });
    return performance.now() - started;
  };
  return { name: "the geometry alone, in the engine", run: (steps) => repeated(once, steps), close: program.close };
}

/** Shifts, turns and scales, and nothing else. */
const GEOMETRY = { translate: 0.1, rotate: 10, scale: 1.1, border: "edge" } as const;

/**
 * Measures every kind of jitter of 32×32 pictures against a step of the network that takes such pictures.
 *
 * @returns a line for each
 */
export async function measureJitter(letters: LetterSamples, threads: number): Promise<string[]> {
  const colour = coloured(letters);
  const { light, digits, photograph, tissue } = JITTER_PRESETS;
  const grey = [
    filling("grey, the geometry alone", jitterPictures(letters, GEOMETRY, 1)),
    filling("grey, light", jitterPictures(letters, light, 1)),
    filling("grey, digits (elastic)", jitterPictures(letters, digits, 1)),
    filling("letters with neighbours", jitterLetters(letters, 1)),
  ];
  const colours = [
    filling("colour, the geometry alone", jitterPictures(colour, GEOMETRY, 1)),
    filling("colour, photograph", jitterPictures(colour, photograph, 1)),
    filling("colour, tissue (elastic, blur)", jitterPictures(colour, tissue, 1)),
  ];
  const lines: string[] = [];
  for (const [network, samples, contenders] of [
    [ocr(), letters, grey],
    [cifarVgg(), colour, colours],
  ] as const) {
    const step = await timedStep(nodeEngine({ threads }), network);
    const sampling = await samplingInEngine(nodeEngine({ threads: 1 }), samples);
    const training = { name: network.name, run: (steps: number) => repeated(step, steps) };
    const [own, ...jitters] = await interleaved([training, ...contenders, sampling], 5, 4);
    await step.close();
    await sampling.close();
    const speed = (milliseconds: number): string => `${Math.round((1000 * BATCH) / milliseconds)}`.padStart(7);
    lines.push(`${`${own.name}, ${threads} threads, takes`.padEnd(36)} ${speed(own.median)} images/s`);
    for (const one of jitters) {
      lines.push(`  ${one.name.padEnd(34)} ${speed(one.median)} images/s, ${ratio(own, one).toFixed(1)} × as many`);
    }
  }
  return lines;
}
