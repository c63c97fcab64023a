/**
 * Where learning keeps what it has in a page: under a name that says what it is for, so that only the same
 * work goes on from it.
 *
 * @module
 */

import { decodeSafeTensors, encodeSafeTensors } from "../../nn/safetensors.ts";
import type { LearnKeeper } from "../../train/learn/runs/model_run.ts";
import { packState, unpackState } from "../../train/learn/stage_state.ts";
import type { Stage } from "../../train/learn/stages.ts";
import { forgetLessons } from "../../train/learn/teacher/kept_lesson.ts";
import type { FileStore } from "./store.ts";

const STATE = "learn-state.safetensors";
const HEAD = "learn.json";
const STAGES: readonly Stage[] = ["baseline", "control", "consistent"];

function fileOf(stage: Stage): string {
  return `learn-${stage}.safetensors`;
}

/** Forgets what learning kept. */
export async function forgetLearning(files: FileStore): Promise<void> {
  await files.remove(HEAD);
  await files.remove(STATE);
  for (const stage of STAGES) await files.remove(fileOf(stage));
  await forgetLessons(files);
}

/** Keeps the learning of one piece of work; what was kept of another one is forgotten. */
export async function keeperFor(files: FileStore, work: object): Promise<LearnKeeper> {
  const head = JSON.stringify(work);
  const before = await files.read(HEAD);
  if (before === null || new TextDecoder().decode(before) !== head) {
    await forgetLearning(files);
    await files.write(HEAD, new TextEncoder().encode(head));
  }
  const path = "the browser's storage";
  return {
    async savedState() {
      const bytes = await files.read(STATE);
      return bytes && unpackState(decodeSafeTensors(bytes, path));
    },
    doneStage: (stage) => files.read(fileOf(stage)),
    async keepStage(stage, model) {
      await files.write(fileOf(stage), model);
      await files.remove(STATE);
    },
    labels: files,
    store: {
      path,
      // What was told is on the page.
      appendMetrics: () => Promise.resolve(0),
      cutMetrics: () => Promise.resolve(),
      saveState: (saved) => files.write(STATE, encodeSafeTensors(packState(saved))),
    },
  };
}
