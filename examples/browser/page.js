/** A page that learns a folder of pictures, says what the camera sees, and gives the model away. */

import { compact, loadClassifier, modelParameters, toOnnx } from "bellpepper";
import { classTarget, normalizationOf } from "bellpepper/data";
import { decodePictures, droppedPictures, pictureFiles, pixelsOf } from "bellpepper/data/web";
import { webEngine } from "bellpepper/engine/web";
import { plainSamples, trainInWorker } from "bellpepper/training/web";

const at = (id) => document.getElementById(id);
const say = (text, isError = false) => {
  at("training").hidden = false;
  at("said").textContent = text;
  at("said").classList.toggle("error", isError);
};

/** Those of the pictures that have such a place. */
function only(pictures, isWanted) {
  const places = pictures.paths.map((_, i) => i).filter(isWanted);
  const { shape, target } = pictures;
  const labels = places.map((i) => target.labels[i]);
  const read = (i, ...where) => pictures.read(places[i], ...where);
  return { count: places.length, shape, target: classTarget(target.names, labels), read };
}

async function learn(files) {
  const size = { width: 32, height: 32, channels: 3, fit: "crop" };
  const progress = (done, all) => say(`${done} of ${all} pictures`);
  const pictures = await decodePictures(files, size, { progress });
  const training = await plainSamples(only(pictures, (i) => i % 5 > 0));
  const validation = await plainSamples(only(pictures, (i) => i % 5 === 0));
  const classes = pictures.target.names;
  const network = compact(pictures.shape, classes.length, { width: 8 });
  const normalization = await normalizationOf(pictures);
  const jitter = { mirror: "horizontal", translate: 0.06, rotate: 8 };
  const settings = { epochs: 12, batchSize: 16, learningRate: 0.004, solver: { type: "adamW" } };
  const events = trainInWorker(network, { training, validation, normalization, jitter, ...settings });
  at("stop").onclick = () => events.stop();
  const errors = { train: [], validation: [] };
  let state;
  for await (const event of events) {
    if ("state" in event) state = event.state ?? state;
    if (event.type !== "epoch") continue;
    for (const part of ["train", "validation"]) {
      errors[part].push(event[part].metrics.top1Error);
      at(part).setAttribute("points", curve(errors[part], settings.epochs));
    }
    say(`Epoch ${event.epoch}: ${Math.round(100 * errors.validation.at(-1))} % of new pictures wrong`);
  }
  at("stop").hidden = true;
  const { preprocessing } = pictures;
  return { network, parameters: modelParameters(state), classes, normalization, preprocessing, history: state.history };
}

/** Errors from 0 to 1 as points of the drawing. */
const curve = (errors, epochs) =>
  errors.map((error, i) => `${(300 * i) / (epochs - 1)},${100 - 100 * error}`).join(" ");

async function use(model) {
  at("model").href = URL.createObjectURL(new Blob([toOnnx(model)]));
  at("use").hidden = false;
  const classifier = await loadClassifier(await webEngine(), model);
  const camera = at("camera");
  camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  await camera.play();
  for (;;) {
    const guesses = await classifier.classify(await pixelsOf(camera));
    at("guesses").replaceChildren(...guesses.slice(0, 3).map(guessed));
    await new Promise(requestAnimationFrame);
  }
}

function guessed({ name, probability }) {
  const meter = Object.assign(document.createElement("meter"), { value: probability });
  const item = document.createElement("li");
  item.append(name, meter);
  return item;
}

const begin = (files) =>
  files
    .then(learn)
    .then(use)
    .catch(({ message }) => say(message, true));
at("folder").onchange = ({ target }) => begin(pictureFiles(target.files));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  begin(droppedPictures(event.dataTransfer));
});
