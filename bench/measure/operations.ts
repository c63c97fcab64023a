/**
 * Times every pass of every operation on its large samples, after a check of its results.
 *
 * @module
 */

import { checked } from "../../kernels/checks.ts";
import type { Device } from "../../kernels/gpu/device.ts";
import type { AnyOperation } from "../../kernels/operations.ts";
import { formatLayer } from "../../kernels/ops/conv2d/convolution.ts";
import type { Shape } from "../../kernels/gpu/shape.ts";
import { timeQueued } from "../../kernels/choice/timing.ts";
import { checkResults } from "./check.ts";
import { flopsOf } from "./flops.ts";
import { makeProblem, type Problem } from "./problem.ts";
import type { Results } from "./results.ts";
import type { OperationTime } from "./times.ts";

/** A time, and how far its measurements lie apart. */
export interface MeasuredTime {
  /** The time, as it stands in the report. */
  readonly time: OperationTime;
  /** Longest less shortest measurement, relative to the median. */
  readonly spread: number;
}

/**
 * Gives the times of an operation's samples that are marked for it, one pass after the other.
 *
 * @throws {RangeError} If a result is wrong.
 */
export async function* timeOperation(
  device: Device,
  operation: AnyOperation,
): AsyncGenerator<MeasuredTime> {
  for (const sample of checked(operation).samples) {
    if (!sample.bench) continue;
    using _scope = device.scope();
    const problem = makeProblem(device, operation, sample);
    checkResults(operation, await readResults(device, problem, sample.params));
    for (const pass of problem.passes) {
      const { milliseconds: ms, spread } = await timeQueued(device, (count) => {
        for (let i = 0; i < count; i++) {
          using _scope = device.scope();
          pass.run();
        }
      });
      const { shapes } = sample;
      const flops = flopsOf(operation.name, { pass: pass.name, shapes });
      const time = {
        op: operation.name,
        pass: pass.name,
        shape: describeShapes(operation.name, shapes),
        variant: variantOf(device, { operation: operation.name, pass: pass.name, shapes }),
        ms,
        gflops: flops === null ? null : flops / ms / 1e6,
        gbs: pass.bytes / ms / 1e6,
      };
      yield { time, spread };
    }
  }
}

/** Runs every pass once and reads what it gives. */
async function readResults(
  device: Device,
  { inputs, dy, passes }: Problem,
  params: Results["params"],
): Promise<Results> {
  const read = await Promise.all(passes.map(({ run }) => {
    using _scope = device.scope();
    return device.read(run());
  }));
  const gradients = inputs.map((_, i) => read[passes.findIndex(({ input }) => input === i)]);
  return { inputs, dy, params, y: read[0], gradients };
}

/** The kernel that has served a pass, where an operation has several; else `default`. */
function variantOf(
  device: Device,
  { operation, pass, shapes }: { operation: string; pass: string; shapes: readonly Shape[] },
): string {
  const [[n, cIn, h, w], [cOut, , k] = []] = shapes;
  const size = pass === "dx"
    ? describeShapes(operation, [[n, cOut, h, w], [cIn, cOut, k, k]])
    : describeShapes(operation, shapes);
  return device.choices.used[`${operation} ${pass} ${size}`] ?? "default";
}

/** Shapes in the report: `1x32x256x256->32 k3` for a convolution, else those of all inputs. */
export function describeShapes(operation: string, shapes: readonly Shape[]): string {
  const [first, second] = shapes;
  if (operation === "conv2d") {
    return formatLayer({ x: first, outputs: second[0], k: second[2] });
  }
  if (operation === "upConv2d") {
    const [cOut, , k] = shapes[2];
    return `${first.join("x")}+${second[1]}->${cOut} k${k}`;
  }
  return shapes.map((shape) => shape.join("x")).join(" ");
}
