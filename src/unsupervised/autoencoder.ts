import { sigmoid } from "../blocks/activation/activation.js";
import { conv } from "../blocks/convolution/conv.js";
import type { Layer } from "../blocks/layer.js";
import { activityLoss, gaussianLoss, sparsityLoss } from "../blocks/loss/code-losses.js";
import { l2Loss } from "../blocks/loss/value-losses.js";
import { drawCode } from "../blocks/noise/draw-code.js";
import { blank, noise } from "../blocks/noise/noise.js";
import { wireLayer } from "../network/edit/wired-layers.js";
import { dag, inputOf, layersUpTo, type Network } from "../network/network.js";
import type { ImageShape } from "../values/image-shape.js";
import { flag, number, whole, word } from "../values/kind.js";
import { defaulted, type OptionsOf, optional, record } from "../values/record.js";
import { featureLayers, reading } from "./encoder.js";
import { mirrorLayers } from "./mirror.js";

/** How many numbers a variational code has unless it is said. */
const VARIATIONAL_CODE = 32;

/** How an autoencoder is made of a network. */
export const AUTOENCODER = record(
  {
    /** how many numbers the code has: a layer more, fully connected to the last features. These themselves unless given; of a variational one 32 */
    code: optional(whole(1), "numbers of the code: a layer more (the last features themselves; variational: 32)"),
    /** how a pooling by the largest is undone: "repeat", or "places", which puts numbers where the largest pixels were */
    pooling: defaulted(
      word(["repeat", "places"]),
      "repeat",
      "how the decoder undoes a pooling: repeat its numbers, or put them where the largest were",
    ),
    /** whether the decoder's filters are the encoder's; false */
    tied: defaulted(flag(), false, "let the decoder have the filters of the encoder"),
    /** the deviation of the noise that pictures get in training; 0 */
    noise: defaulted(number({ least: 0 }), 0, "the deviation of the noise that the pictures get in training"),
    /** the share of the pixels that become 0 in training; 0 */
    blank: defaulted(number({ least: 0, below: 1 }), 0, "the share of the pixels that are blanked in training"),
    /** what makes a code sparse: nothing, "kl" (behind a sigmoid, see `sparsityLoss`) or "l1" (see `activityLoss`) */
    sparse: optional(word(["kl", "l1"]), "what makes the code sparse"),
    /** the weight of that, for each picture; 3 of "kl", 0.1 of "l1" */
    sparsity: optional(number({ least: 0 }), "the weight of what makes the code sparse (kl 3, l1 0.1)"),
    /** the share of the pictures for which a unit should be at work; 0.05 */
    share: defaulted(number({ above: 0, below: 1 }), 0.05, "of kl: the share in which a unit should be at work"),
    /** whether the code is drawn from normal distributions */
    variational: defaulted(flag(), false),
    /** of a variational one: the weight of how far the distributions are from that of mean 0 and deviation 1; 1 */
    divergence: defaulted(number({ least: 0 }), 1, "of a variational one: the weight of the divergence of the code"),
  },
  ({ variational, pooling, sparse, sparsity }, refuse) => {
    if (variational && pooling === "places")
      refuse("pooling", '"repeat" of a variational one: what is drawn has no places');
    if (variational && sparse) refuse("sparse", "none of a variational one");
    if (sparsity !== undefined && !sparse) refuse("sparsity", "none without sparse");
  },
);

/** The options of {@link autoencoder}; every one has a default. */
export type AutoencoderOptions = OptionsOf<typeof AUTOENCODER.fields>;

/** A network that makes pictures of themselves. */
export interface Autoencoder {
  /** encoder, decoder and losses: what is trained. It reads pictures, and is compared with them. */
  readonly network: Network;
  /** the encoder: pictures become codes. Its layers are called as in the network that it is of. */
  readonly encoder: Network;
  /** the decoder: codes, its input "code", become normalised pictures; undefined where it needs to know the places of the largest pixels */
  readonly decoder: Network | undefined;
  /** the variable that is the code, and its size */
  readonly code: { readonly name: string; readonly shape: ImageShape };
}

/** The variable that the decoder makes. */
export const RECONSTRUCTION = "reconstruction";

/**
 * An autoencoder of a network (Hinton and Salakhutdinov 2006): the network's layers before the one that tells classes apart encode a picture x, their mirror decodes the
 * code to a picture y, and nobody needs to say what is in it. It is trained by
 *
 *     ℓ = ½ Σ (y − x)² + what is asked of the code
 *
 * - **denoising** (Vincent et al. 2008; `noise`, `blank`): the encoder sees a damaged picture, y is compared with the whole one
 * - **sparse** (`sparse`): few units of the code are at work, by the Kullback–Leibler divergence of their mean from a share, or by the sum of their sizes
 * - **variational** (Kingma and Welling 2014; `variational`): the code is drawn, c ~ N(μ, eˢ), and ℓ is, but for a constant, minus the evidence lower bound for pixels that are
 *   normal with deviation 1 about y
 *
 * Convolutions are undone by transposed convolutions, poolings by repeating numbers or by putting them where the largest were, and activations stand where they stood.
 *
 * @param network layers in one row, such as lenet, ocr or compact: convolutions (fully connected ones, too), poolings, activations, batch normalisations, dropout
 * @throws RangeError when the network has branches or a layer that has no mirror, named; or an option is out of range or does not go with another
 * @example
 * const { network: whole, encoder, code } = autoencoder(ocr(), { blank: 0.3 });
 * code.shape; // {"channels": 500, "height": 2, "width": 2}
 * encoder.layers.map(({ name }) => name).join(" "); // "conv1 pool1 conv2 pool2 conv3 relu1"
 * const { training } = letters;
 * for await (const event of train(nodeEngine(), whole, { training, normalization, epochs: 1 })) console.log(event.type);
 */
export function autoencoder(network: Network, options: AutoencoderOptions = {}): Autoencoder {
  const settings = AUTOENCODER.make(options);
  const image = inputOf(network);
  const [{ name: picture }] = network.inputs;
  const features = featureLayers(network);
  const damage = damageLayers(settings);
  const seen = damage.at(-1)?.name ?? picture;
  const encoding = [
    ...features.map((placed, i) => (i === 0 ? reading(placed, seen) : wireLayer(placed))),
    ...codeLayers(features[features.length - 1].output.shape, settings),
  ];
  const undamaged = encoding.map((layer, i): Layer => (i === 0 ? { ...layer, inputs: [picture] } : layer));
  const encoder = dag(`${network.name} encoder`, { [picture]: image }, undamaged);
  const { name, shape } = encoder.layers[encoder.layers.length - 1].output;
  const decoding = mirrorOf(network, name, settings);
  const whole = dag(`${network.name} autoencoder`, { [picture]: image }, [
    ...damage.map((layer, i): Layer => ({ ...layer, inputs: [damage[i - 1]?.name ?? picture] })),
    ...encoding,
    ...decoding,
    l2Loss({ name: "difference", inputs: [RECONSTRUCTION], target: picture }),
    ...codeLosses(name, settings),
  ]);
  const needsPlaces = decoding.some(({ type }) => type === "maxUnpool");
  return {
    network: whole,
    encoder,
    decoder: needsPlaces ? undefined : decoderOf(whole, name, shape, decoding),
    code: { name, shape },
  };
}

type Settings = ReturnType<typeof AUTOENCODER.make>;

/** What damages pictures in training. */
const damageLayers = (settings: Settings): (Layer & { readonly name: string })[] => [
  ...(settings.noise > 0 ? [{ ...noise(settings.noise), name: "noise" }] : []),
  ...(settings.blank > 0 ? [{ ...blank(settings.blank), name: "blank" }] : []),
];

/** The layers that make the code of the last features. */
function codeLayers(features: ImageShape, { code, variational, sparse }: Settings): Layer[] {
  const full = (numbers: number, name: string): Layer =>
    conv([features.height, features.width], numbers, { name, initialization: { type: "xavier" } });
  if (variational) return [full(2 * (code ?? VARIATIONAL_CODE), "moments"), drawCode({ name: "code" })];
  return [
    ...(code === undefined ? [] : [full(code, "code")]),
    ...(sparse === "kl" ? [sigmoid({ name: "squashed" })] : []),
  ];
}

/** What is asked of the code. */
function codeLosses(code: string, { variational, divergence, sparse, sparsity, share }: Settings): Layer[] {
  if (variational) return [gaussianLoss({ name: "divergence", inputs: ["moments"], weight: divergence })];
  const place = { name: "sparsity", inputs: [code] };
  if (sparse === "kl") return [sparsityLoss(share, { ...place, weight: sparsity ?? 3 })];
  return sparse === "l1" ? [activityLoss({ ...place, weight: sparsity ?? 0.1 })] : [];
}

/** The decoder's layers, the last of which makes {@link RECONSTRUCTION}: the mirror of the encoder as it is where nothing is drawn. */
function mirrorOf(network: Network, code: string, settings: Settings): Layer[] {
  const features = featureLayers(network);
  const { shape } = features[features.length - 1].output;
  const straight = settings.variational
    ? { ...settings, variational: false, code: settings.code ?? VARIATIONAL_CODE }
    : settings;
  const layers = dag(network.name, { [network.inputs[0].name]: inputOf(network) }, [
    ...features.map(wireLayer),
    ...codeLayers(shape, straight),
  ]).layers;
  const decoding = mirrorLayers(layers, code, settings);
  return decoding.map((layer, i): Layer => (i === decoding.length - 1 ? { ...layer, output: RECONSTRUCTION } : layer));
}

/** The decoder by itself, which shares the names of its parameters with the whole. */
function decoderOf(whole: Network, code: string, shape: ImageShape, decoding: readonly Layer[]): Network {
  const own = new Set(decoding.map(({ name }) => name));
  const placed = layersUpTo(whole, RECONSTRUCTION).layers.filter(({ name }) => own.has(name));
  return dag(
    whole.name.replace("autoencoder", "decoder"),
    { code: shape },
    placed.map(
      (layer): Layer =>
        ({ ...wireLayer(layer), inputs: layer.inputs.map(({ name }) => (name === code ? "code" : name)) }) as Layer,
    ),
  );
}
