/**
 * Parameters that lie side by side, as those of a network do, and their gradients: an optimiser goes
 * through all of them in one dispatch. Others are updated one by one.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import type { Tensor, TensorBlock } from "../../kernels/gpu/tensor.ts";
import type { Gradients, Variable } from "../gradients.ts";
import type { Parameters } from "../module.ts";

/** Some parameters that an optimiser updates with the tensors that it remembers of them. */
export interface Group {
  /** Their names. */
  readonly names: readonly string[];
  /** They. */
  readonly parameters: readonly Variable[];
  /** The block that is made of them and nothing else; null for a parameter by itself. */
  readonly block: TensorBlock | null;
}

/** The parameters by the blocks that they fill; those of a block that is not filled by themselves. */
export function groupParameters(parameters: Parameters): Group[] {
  const groups = new Map<TensorBlock | Variable, { names: string[]; parameters: Variable[] }>();
  const known = new Set([...parameters.values()].map(({ value }) => value));
  for (const [name, parameter] of parameters) {
    const { block } = parameter.value;
    const isFilled = block?.parts.every((part) => known.has(part)) ?? false;
    const key = block && isFilled ? block : parameter;
    const group = groups.get(key) ?? { names: [], parameters: [] };
    group.names.push(name);
    group.parameters.push(parameter);
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({ ...group, block: "whole" in key ? key : null }));
}

/** Tensors of the shapes of a group's parameters, all 0; side by side where these are. */
export function zerosFor(device: Device, { parameters, block }: Group): Tensor<"f32">[] {
  if (block) {
    const zeros = device.blocks.make(block.parts.map(({ shape }) => shape));
    device.clear(zeros.whole);
    return parameters.map(({ value }) => zeros.parts[block.parts.indexOf(value)]);
  }
  return parameters.map(({ value }) => {
    const zero = device.empty(value.shape);
    device.clear(zero);
    return zero;
  });
}

/** What is updated at once: a weight, its gradient, and what is remembered of it. */
export interface Update {
  /** One weight, or a block of them. */
  readonly weight: Tensor<"f32">;
  /** Its gradient, or theirs. */
  readonly gradient: Tensor<"f32">;
  /** What the optimiser remembers, in the order in which it was given. */
  readonly remembered: readonly Tensor<"f32">[];
}

/**
 * The updates of a group: one where weights and gradients lie side by side in the same order, else one
 * for each weight.
 *
 * @param options.remembered Lists of tensors for its parameters, from {@linkcode zerosFor}.
 */
export function updatesOf(
  { parameters, block }: Group,
  { gradients, remembered }: {
    gradients: Gradients;
    remembered: readonly (readonly Tensor<"f32">[])[];
  },
): Update[] {
  const found = parameters.map((parameter) => gradients.get(parameter)!);
  const beside = found[0].block;
  const isBeside = block && beside && beside.whole.size === block.whole.size &&
    parameters.every(({ value }, i) =>
      found[i].block === beside && found[i].offset === value.offset
    );
  if (isBeside) {
    const wholes = remembered.map((list) => list[0].block!.whole);
    return [{ weight: block.whole, gradient: beside.whole, remembered: wholes }];
  }
  return parameters.map(({ value }, i) => ({
    ...{ weight: value, gradient: found[i] },
    remembered: remembered.map((list) => list[i]),
  }));
}
