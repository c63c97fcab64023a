/// <reference lib="dom" />
/**
 * The worker's script: the page starts it twice, as a desk and as the GPU.
 *
 * @module
 */

import { answerCalls, type Port } from "../shared/calls.ts";
import { deskCalls } from "./desk/calls.ts";
import { gpuCalls } from "./gpu/calls.ts";

answerCalls(globalThis as unknown as Port, { ...deskCalls, ...gpuCalls });
