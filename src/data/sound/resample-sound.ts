/** Other rates, by libsamplerate (Secret Rabbit Code) in WebAssembly: the only file that knows it. */

/** Of more samples at once the library makes several pieces, and keeps what is left for the next call. */
const ONE_PIECE = 2 ** 20;

type Converter = Awaited<ReturnType<typeof import("@alexanderolsen/libsamplerate-js").create>>;

const converters = new Map<string, Promise<Converter>>();

/**
 * A sound at another rate: band-limited interpolation (121 dB, up to nine tenths of the band). A sound that has the rate already comes back as it is.
 *
 * @param from samples a second
 * @param to samples a second that are wanted
 * @returns as many samples as last as long: length·to/from, rounded
 * @example
 * (await resampleSound(new Float32Array(441), 44100, 16000)).length; // 160
 */
export async function resampleSound(samples: Float32Array, from: number, to: number): Promise<Float32Array> {
  if (from === to) return samples;
  const length = Math.max(1, Math.round((samples.length * to) / from));
  const fitted = new Float32Array(length);
  if (samples.length >= ONE_PIECE) {
    const converter = await makeConverter(from, to);
    fitted.set(converter.simple(samples).subarray(0, length));
    converter.destroy();
    return fitted;
  }
  const key = `${from} ${to}`;
  const converter = converters.get(key) ?? makeConverter(from, to);
  converters.set(key, converter);
  fitted.set((await converter).simple(samples).subarray(0, length));
  return fitted;
}

async function makeConverter(from: number, to: number): Promise<Converter> {
  const { create, ConverterType } = (await import("@alexanderolsen/libsamplerate-js")).default;
  return create(1, from, to, { converterType: ConverterType.SRC_SINC_MEDIUM_QUALITY });
}
