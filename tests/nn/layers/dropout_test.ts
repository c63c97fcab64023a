import { assert, assertEquals } from "@std/assert";
import { meanSquaredError } from "../../../kernels/ops/mean_squared_error.ts";
import { Tape } from "../../../nn/autodiff.ts";
import { Variable } from "../../../nn/gradients.ts";
import { Dropout } from "../../../nn/layers/dropout.ts";
import { device } from "../../kernels/fixtures/check_operation.ts";

const SIZE = 256;

function ones(): Variable {
  const values = new Float32Array(SIZE).fill(1);
  return new Variable(device.upload([SIZE], values), { needsGradient: true });
}

Deno.test("Dropout drops while training, others in each step, and lets all through when predicting", async () => {
  using _scope = device.scope();
  const layer = new Dropout(device, { rate: 0.5, seed: 3 });
  const x = ones();
  assert(layer.forward(Tape.withoutGradients(device), x) === x);
  const read = () => device.read(layer.forward(new Tape(device), x).value);
  const first = await read();
  assertEquals(await read(), first);
  layer.advance();
  const second = await read();
  assert(second.some((value, i) => value !== first[i]));
  const again = new Dropout(device, { rate: 0.5, seed: 3 });
  again.restoreCount(layer.count);
  const y = again.forward(new Tape(device), x);
  assertEquals(await device.read(y.value), second);
});

Deno.test("Dropout drops the same in a checkpoint that computes twice", async () => {
  using _scope = device.scope();
  const layer = new Dropout(device, { rate: 0.5, seed: 4 });
  const gradientOf = async (recompute: boolean) => {
    const x = ones();
    const tape = new Tape(device, { recompute });
    const y = tape.checkpoint((inner) => layer.forward(inner, x));
    const zero = new Variable(device.upload([SIZE], new Float32Array(SIZE)));
    const values = await device.read(y.value);
    const gradients = tape.backward(tape.apply(meanSquaredError, [y, zero], {}));
    return [values, await device.read(gradients.get(x)!)];
  };
  const [values, gradient] = await gradientOf(true);
  assertEquals([values, gradient], await gradientOf(false));
  assert(values.includes(0) && values.includes(2));
});

Deno.test("a captured step with Dropout drops others in each replay", async () => {
  using _scope = device.scope();
  const layer = new Dropout(device, { rate: 0.5, seed: 5 });
  const [x, y] = [ones(), device.empty([SIZE])];
  using recording = device.capture(() => {
    const { value } = layer.forward(new Tape(device), x);
    device.copy({ from: value, to: y, count: SIZE });
  });
  const replay = async () => {
    recording.replay();
    return await device.read(y);
  };
  const first = await replay();
  layer.advance();
  assert((await replay()).some((value, i) => value !== first[i]));
  layer.restoreCount(0);
  assertEquals(await replay(), first);
});
