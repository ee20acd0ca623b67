/** TensorFlow.js in a page: steps of the lecture's network. It is not compiled: a bundler puts it into the page. */

import * as tf from "@tensorflow/tfjs";

globalThis.startContender = async ({ backend, batch }) => {
  if (!(await tf.setBackend(backend))) throw new Error(`there is no ${backend}`);
  await tf.ready();
  const filters = [
    [5, 5, 1, 20],
    [5, 5, 20, 50],
    [4, 4, 50, 500],
    [2, 2, 500, 26],
  ].map((shape) => tf.variable(tf.randomNormal(shape, 0, 0.01)));
  const biases = [20, 50, 500, 26].map((count) => tf.variable(tf.zeros([count])));
  const images = tf.randomNormal([batch, 32, 32, 1], 0, 64);
  const labels = tf.oneHot(tf.mod(tf.range(0, batch, 1, "int32"), tf.scalar(26, "int32")), 26);
  const solver = tf.train.momentum(0.001, 0.9);
  const conv = (x, layer) => tf.add(tf.conv2d(x, filters[layer], 1, "valid"), biases[layer]);
  const loss = () => {
    const first = tf.maxPool(conv(images, 0), 2, 2, "valid");
    const second = tf.maxPool(conv(first, 1), 2, 2, "valid");
    const scores = tf.reshape(conv(tf.relu(conv(second, 2)), 3), [batch, 26]);
    return tf.losses.softmaxCrossEntropy(labels, scores);
  };
  const step = async () => {
    const started = performance.now();
    const value = solver.minimize(loss, true);
    await value.data();
    value.dispose();
    return performance.now() - started;
  };
  return { version: tf.version.tfjs, step };
};
