/**
 * Networks: reverse-mode autodiff on a tape, the U-Net, StarDist, the Siamese pass, losses, optimisers,
 * schedules, and weights as safetensors. Runs where `@kymo/kymo/kernels` does.
 *
 * @example One step of training
 * ```ts
 * import { openDevice } from "@kymo/kymo/kernels";
 * import { Adam, losses, Tape, UNet, Variable } from "@kymo/kymo/nn";
 * import { Random } from "@kymo/kymo/random";
 *
 * using device = await openDevice();
 * const options = { depth: 2, base: 8, inChannels: 1 };
 * const network = new UNet(device, { options, random: new Random(1) });
 * const optimiser = new Adam(device, { parameters: network.parameters });
 *
 * using _scope = device.scope(); // frees what is made from here on
 * const pixels = Float32Array.from({ length: 64 * 64 }, Math.random);
 * const image = new Variable(device.upload([1, 1, 64, 64], pixels));
 * const target = new Variable(device.upload([1, 1, 64, 64], pixels.map(Math.round)));
 * const tape = new Tape(device);
 * const loss = losses.dice(tape, network.forward(tape, image).prob, target);
 * optimiser.step(tape.backward(loss), 1e-3);
 * ```
 *
 * @module
 */

// Automatic differentiation and optimisation.
export {
  type BandedLayers,
  type RowBands,
  Tape,
  type TapeOptions,
  type VariablesOf,
} from "./autodiff.ts";
export {
  type Arithmetic,
  type Operand,
  type Operands,
  type OperationMethod,
  type OperationMethods,
  ops,
  type Parameter,
  TapeValue,
  type Value,
} from "./ops.ts";
export {
  type CheckedInput,
  checkGradients,
  type Computation,
  type GradientCheckOptions,
} from "./check_gradients.ts";
export { detach, type Gradients, Variable } from "./gradients.ts";
export { Adam, DEFAULT_ADAM, DEFAULT_ADAMW } from "./optimisers/adam.ts";
export { Sgd } from "./optimisers/sgd.ts";
export {
  clipByNorm,
  clipByValue,
  GradientAccumulator,
  type Optimiser,
} from "./optimisers/optimiser.ts";
export { cosineRate, Plateau, type PlateauState } from "./schedule.ts";

// What a network is, and those there are.
export {
  answersIn,
  type Architecture,
  Conv2d,
  glorotUniform,
  type LayerParameters,
  type Network,
  type Outputs,
  parameterCount,
  type Parameters,
  ParameterStore,
  type UniformSource,
} from "./module.ts";
export {
  focusKind,
  type NetworkKind,
  networkKinds,
  starDistKind,
  uNetKind,
} from "./networks/list.ts";
export { DEFAULT_UNET, UNet, type UNetOptions, type UNetOutputs } from "./networks/unet.ts";
export {
  DEFAULT_STARDIST,
  StarDist,
  type StarDistOptions,
  type StarDistOutputs,
} from "./networks/stardist.ts";
export {
  DEFAULT_FOCUS,
  FocusClassifier,
  type FocusOptions,
  type FocusOutputs,
} from "./networks/focus.ts";
export {
  type Answers,
  siameseForward,
  type SiameseInput,
  type SiameseOutputs,
  siameseWindow,
} from "./siamese.ts";
export { storingHalves } from "./storing_halves.ts";

// Layers beside those that networks are made of.
export { BatchNorm, type BatchNormOptions } from "./layers/batch_norm.ts";
export { Dropout } from "./layers/dropout.ts";

// Losses.
export {
  type Answer,
  type AnswerLoss,
  answerLossNamed,
  type Loss,
  losses,
  type LossKind,
  lossKinds,
  lossNamed,
  type LossOptions,
  type LossSetting,
  tolerantDice,
  windowLoss,
} from "./losses.ts";
export {
  DEFAULT_STARDIST_LOSS,
  starDistLoss,
  type StarDistLosses,
  type StarDistLossOptions,
  type StarDistMaps,
} from "./stardist_loss.ts";

// Weights.
export {
  architectureOf,
  buildNetwork,
  loadNetwork,
  parameterTensors,
  readTensors,
  saveWeights,
  writeTensors,
} from "./weights.ts";
export {
  decodeSafeTensors,
  encodeSafeTensors,
  type NamedArray,
  type SafeTensors,
} from "./safetensors.ts";
