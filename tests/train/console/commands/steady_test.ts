import { assertEquals, assertMatch } from "@std/assert";
import { SteadyProgress } from "../../../../train/console/commands/steady.ts";
import { runCommand } from "../../../../train/console/main.ts";
import type { TaskEvent } from "../../../../train/jobs/steady/steady_options.ts";
import { testTerminal } from "../fixtures/terminal.ts";

const TASK: TaskEvent = {
  ...{ type: "task", task: "adapt", number: 2, of: 5, isKept: false },
  ...{ text: "Adapting the model to movie", secondsLeft: 200 },
};

Deno.test("SteadyProgress tells what is done, and how long it will take in all", () => {
  const progress = new SteadyProgress(() => 0);
  const lineOf = (event: Partial<TaskEvent>) => progress.show({ ...TASK, ...event }).lines;
  assertEquals(lineOf({}), ["2/5  Adapting the model to movie (about 3 min 20 s left in all)"]);
  assertEquals(lineOf({ secondsLeft: null }), ["2/5  Adapting the model to movie"]);
  assertEquals(lineOf({ isKept: true }), ["2/5  Adapting the model to movie: done before, kept"]);
});

Deno.test("SteadyProgress shows warnings, and of training its status alone", () => {
  const progress = new SteadyProgress(() => 0);
  const warning = { type: "warning", text: "The movie bleaches" } as const;
  assertEquals(progress.show(warning).lines, ["Warning: The movie bleaches"]);
  const stage = { type: "stage", seed: 1, stage: "control", reason: "done", weights: "a" } as const;
  assertEquals(progress.show(stage).lines, []);
  const step = { type: "step", seed: 1, stage: "control", kind: "segmentation" } as const;
  const { lines, status } = progress.show({ ...step, step: 1, steps: 9, loss: 0.5, rate: 1e-3 });
  assertEquals(lines, []);
  assertMatch(status ?? "", /^control 1\/9/);
});

Deno.test("steady takes one video", async () => {
  for (
    const [args, words] of [[[], /no VIDEO given/], [["a", "b"], /one VIDEO at a time/]] as const
  ) {
    const terminal = testTerminal();
    assertEquals(await runCommand(["steady", ...args], { terminal }), 2);
    assertMatch(terminal.errors.join(""), words);
  }
});
