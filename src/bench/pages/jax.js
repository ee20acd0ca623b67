/** jax-js in a page: steps of the lecture's network. It is not compiled: a bundler puts it into the page. */

import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";

const SHAPES = { f1: [20, 1, 5, 5], f2: [50, 20, 5, 5], f3: [500, 50, 4, 4], f4: [26, 500, 2, 2] };

/** Arrays are used up by what reads them; `.ref` keeps one for another reader. */
function loss(parameters, images, labels) {
  const conv = (x, layer) => {
    const bias = parameters[`b${layer}`].reshape([1, -1, 1, 1]);
    return lax.conv(x, parameters[`f${layer}`], [1, 1], "VALID").add(bias);
  };
  const pool = (x) => lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
  const scores = conv(nn.relu(conv(pool(conv(pool(conv(images, 1)), 2)), 3)), 4).reshape([-1, 26]);
  return nn.logSoftmax(scores).mul(labels).sum(1).mean().neg();
}

globalThis.startContender = async ({ backend, batch }) => {
  if (!(await init(backend)).includes(backend)) throw new Error(`there is no ${backend}`);
  defaultDevice(backend);
  let parameters = {};
  for (const [i, shape] of Object.values(SHAPES).entries()) {
    parameters[`f${i + 1}`] = random.normal(random.key(i), shape).mul(0.01);
    parameters[`b${i + 1}`] = np.zeros([shape[0]]);
  }
  let momenta = tree.map((each) => np.zerosLike(each.ref), parameters);
  const images = random.normal(random.key(9), [batch, 1, 32, 32]).mul(64);
  const labels = nn.oneHot(
    np.array(
      Array.from({ length: batch }, (_, i) => i % 26),
      { dtype: np.int32 },
    ),
    26,
  );
  const whole = jit((before, moved, pictures, wanted) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(before), pictures, wanted);
    const next = tree.map((momentum, gradient) => momentum.mul(0.9).add(gradient), moved, gradients);
    return [value, tree.map((one, momentum) => one.sub(momentum.mul(0.001)), before, tree.ref(next)), next];
  });
  const step = async () => {
    const started = performance.now();
    const made = await blockUntilReady(whole(parameters, momenta, images.ref, labels.ref));
    [, parameters, momenta] = made;
    await made[0].data();
    return performance.now() - started;
  };
  return { version: "", step };
};
