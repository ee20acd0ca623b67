/** Every method that explains what a network says of a picture, with what it shows. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { networkTable } from "../../network/display/table.js";
import type { Aim } from "../gradient.js";
import { activations, type Opened } from "../opened.js";
import type { Watch } from "../watch.js";
import {
  deconvolution,
  guidedBackpropagation,
  inputTimesGradient,
  integratedGradients,
  saliency,
  smoothGrad,
} from "./by-gradient.js";
import { occlusion, rise } from "./by-hiding.js";
import { classActivationMap, evidenceLayer, gradCam, gradCamPlusPlus, layerCam, scoreCam } from "./class-activation.js";
import { perPixel } from "./maps.js";

/** A method that explains what a network says. */
export interface Method {
  readonly title: string;
  /** what it shows, and what it does not */
  readonly sentence: string;
  /** whether what is below zero speaks against it; others have nothing below zero */
  readonly signed: boolean;
  /** one number for each pixel, or for each place of a layer, larger where more speaks for it: 1×1×h×w of a picture of 1×C×H×W */
  explain(opened: Opened, image: Tensor<"float32">, of: Aim, watch: Watch): Promise<Tensor<"float32">>;
}

/** From so many maps on, Score-CAM takes too long: it runs the network once for each. */
const MOST_MAPS = 512;

/** From so many multiply-adds for a picture on, fewer runs have to do. */
const COSTLY = 5e7;

/** How often the methods that need many runs of a network run it: less often where a run is long. */
export const runsFor = ({ model }: Opened): Readonly<Record<"smoothGrad" | "integratedGradients" | "rise", number>> =>
  networkTable(model.network).totals.multiplyAdds < COSTLY
    ? { smoothGrad: 25, integratedGradients: 50, rise: 500 }
    : { smoothGrad: 16, integratedGradients: 24, rise: 256 };

/** Methods by name, those by derivatives first. */
export const METHODS = {
  saliency: {
    title: "Gradient saliency",
    signed: false,
    sentence: "where a small change of a pixel changes the score most; not whether the pixel speaks for the class.",
    explain: async (o, image, of) => perPixel(await saliency(o, image, of), "largest"),
  },
  smoothGrad: {
    title: "SmoothGrad",
    signed: false,
    sentence: "the same with less speckle, the mean over noisy pictures; much noise makes other pictures of them.",
    explain: async (o, image, of) =>
      perPixel(await smoothGrad(o, image, of, { samples: runsFor(o).smoothGrad }), "largest"),
  },
  inputTimesGradient: {
    title: "Input × gradient",
    signed: true,
    sentence: "what each pixel would add to the score if the network was linear; it is so in small steps only.",
    explain: async (o, image, of) => perPixel(await inputTimesGradient(o, image, of), "sum"),
  },
  integratedGradients: {
    title: "Integrated gradients",
    signed: true,
    sentence:
      "how the change of the score, from the mean picture to this one, is shared out; it hangs on where one begins.",
    explain: async (o, image, of) => {
      const { maps } = await integratedGradients(o, image, of, { steps: runsFor(o).integratedGradients });
      return perPixel(maps, "sum");
    },
  },
  guidedBackpropagation: {
    title: "Guided back-propagation",
    signed: false,
    sentence: "sharp edges that excite the network; much the same for every class.",
    explain: async (o, image, of) => perPixel(await guidedBackpropagation(o, image, of), "largest"),
  },
  deconvolution: {
    title: "Deconvolution",
    signed: false,
    sentence: "patterns that could have excited the network, whether it was or not; much the same for every class.",
    explain: async (o, image, of) => perPixel(await deconvolution(o, image, of), "largest"),
  },
  classActivationMap: {
    title: "Class activation map",
    signed: true,
    sentence: "what speaks for the class and against it at each place of the last maps; nothing finer than these.",
    explain: (o, image, of) => classActivationMap(o, image, of),
  },
  gradCam: {
    title: "Grad-CAM",
    signed: false,
    sentence: "roughly where the evidence for the class lies; nothing finer than the places of the last maps.",
    explain: (o, image, of) => gradCam(o, image, of),
  },
  gradCamPlusPlus: {
    title: "Grad-CAM++",
    signed: false,
    sentence: "the same, several things of the class more evenly; as coarse.",
    explain: (o, image, of) => gradCamPlusPlus(o, image, of),
  },
  layerCam: {
    title: "Layer-CAM",
    signed: false,
    sentence:
      "the same place by place, so that early layers can be looked at, too; what speaks against it is left out.",
    explain: (o, image, of) => layerCam(o, image, of),
  },
  scoreCam: {
    title: "Score-CAM",
    signed: false,
    sentence:
      "which maps, used as masks, keep the score up; needs no derivative, and shows nothing that no single map covers.",
    explain: async (o, image, of) => {
      const layer = evidenceLayer(o);
      const [, maps] = (await activations(o, image, [layer]))[layer].shape;
      if (maps > MOST_MAPS) {
        throw new RangeError(`left out, as the network would run once for each of the ${maps} maps of '${layer}'.`);
      }
      return scoreCam(o, image, of, { layer });
    },
  },
  occlusion: {
    title: "Occlusion",
    signed: true,
    sentence: "how far the score falls when a square is hidden; what stands there twice is not missed.",
    explain: (o, image, of, watch) => occlusion(o, image, of, watch),
  },
  rise: {
    title: "RISE",
    signed: true,
    sentence: "what is seen when the score is above its mean, through random masks; blurred, and noisy with few masks.",
    explain: async (o, image, of, watch) => {
      const { shape, data } = await rise(o, image, of, { ...watch, masks: runsFor(o).rise });
      const mean = data.reduce((sum, value) => sum + value / data.length, 0);
      return float32(
        data.map((value) => value - mean),
        shape,
      );
    },
  },
} as const satisfies Record<string, Method>;

/** The name of a {@link Method}. */
export type MethodName = keyof typeof METHODS;

/** All names, in order. */
export const METHOD_NAMES = Object.keys(METHODS).filter((name): name is MethodName => name in METHODS);
