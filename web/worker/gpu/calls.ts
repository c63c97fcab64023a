/**
 * The GPU: a worker that segments and learns. It holds no results, so that nothing is lost with it.
 *
 * @module
 */

import type { Handlers } from "../../shared/calls.ts";
import type { Machine } from "../../shared/messages.ts";
import { addFiles, dropFiles } from "../files.ts";
import { theDevice } from "./machine.ts";
import { plannedBytes, segment } from "./segment.ts";
import { steady } from "./steady.ts";
import { teach } from "./teach.ts";

/** What the GPU does. */
export const gpuCalls = {
  addFiles,
  dropFiles,
  async machine(_: null): Promise<Machine> {
    const { adapter: { name, isSoftware } } = await theDevice();
    return { adapter: name, isSoftware };
  },
  plannedBytes,
  segment,
  steady,
  teach,
} satisfies Handlers;
