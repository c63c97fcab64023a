/**
 * What happens to the sums of a convolution before they are stored, whichever kernel computes them.
 *
 * @module
 */

import { nanFunctions } from "../../parts/nan.ts";
import { declareResult } from "../../parts/operand.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import type { Convolution } from "./convolution.ts";

/** What is done with a sum; gated, it is 0 where the array `gate` is not above 0. */
export type Epilogue = "none" | "bias" | "bias_relu" | "gated";

/** The type of what is stored at once. */
type Stored = "vec4f" | "f32";

/** What a convolution asks for. */
export function epilogueOf({ bias, relu, gate }: Omit<Convolution, "x" | "weight">): Epilogue {
  return bias ? relu ? "bias_relu" : "bias" : gate ? "gated" : "none";
}

/** What a kernel reads for it: the bias or the gate, if there is one. */
export function readBesides({ bias, gate }: Pick<Convolution, "bias" | "gate">): Tensor<"f32">[] {
  const tensor = bias ?? gate;
  return tensor ? [tensor] : [];
}

/** Whether the bias `b` is added, which the kernel does. */
export function addsBias(epilogue: Epilogue): boolean {
  return epilogue.startsWith("bias");
}

/** WGSL that declares the result `y`, what is read besides at this binding, and functions. */
export function declareEpilogue(
  epilogue: Epilogue,
  { binding, type, isHalf }: { binding: number; type: Stored; isHalf?: boolean },
): string {
  const read = addsBias(epilogue) ? "b: array<f32>" : `gate: array<${type}>`;
  return `${declareResult("y", { type, isHalf })}
${epilogue === "none" ? "" : `@group(0) @binding(${binding}) var<storage, read> ${read};`}
${epilogue === "bias_relu" || epilogue === "gated" ? nanFunctions(type) : ""}`;
}

/** WGSL that stores a sum, its bias added, at this place of `y`. */
export function storeSum(
  epilogue: Epilogue,
  { value, at, type }: { value: string; at: string; type: Stored },
): string {
  const passed = epilogue === "gated"
    ? `select(${value}, ${type}(0.0), is_blocked(gate[${at}]))`
    : value;
  return `y[${at}] = stored(${epilogue === "bias_relu" ? `rectify(${value})` : passed});`;
}
