import { assertEquals, assertThrows } from "@std/assert";
import { KernelChoices } from "../../../kernels/gpu/choices.ts";

/** Kernels and the largest problem that each can compute. */
const KERNELS = [
  { name: "plain", largest: Infinity },
  { name: "fast", largest: 10 },
  { name: "odd", largest: Infinity },
];

function choose(choices: KernelChoices, problem: number, preferred: string[]): string {
  return choices.choose({
    pass: "p",
    size: `${problem}`,
    kernels: KERNELS,
    preferred,
    isPossible: ({ largest }) => problem <= largest,
  }).name;
}

Deno.test("KernelChoices take the first preferred kernel that can", () => {
  const choices = new KernelChoices();
  assertEquals(choose(choices, 5, ["fast", "plain"]), "fast");
  assertEquals(choose(choices, 50, ["fast", "plain"]), "plain");
  assertEquals(choices.used, { "p 5": "fast", "p 50": "plain" });
});

Deno.test("KernelChoices pinned for a size go before those for a pass, and both before rules", () => {
  const choices = new KernelChoices({ "p": "odd", "p 5": "plain" });
  assertEquals(choose(choices, 5, ["fast"]), "plain");
  assertEquals(choose(choices, 6, ["fast"]), "odd");
});

Deno.test("KernelChoices pass over a pin that cannot compute the problem or that nobody knows", () => {
  const choices = new KernelChoices({ "p": "fast", "p 5": "unheard-of" });
  assertEquals(choose(choices, 50, ["plain"]), "plain");
  assertEquals(choose(choices, 5, ["plain"]), "fast");
});

Deno.test("KernelChoices refuse a problem that no kernel can compute", () => {
  const choices = new KernelChoices();
  assertThrows(() => choose(choices, 50, ["fast"]), RangeError, "Cannot run p on 50");
});

Deno.test("what was chosen, as pins, makes the same choices", () => {
  const before = new KernelChoices({ "p": "odd" });
  choose(before, 5, ["fast"]);
  const after = new KernelChoices(before.used);
  assertEquals(choose(after, 5, ["fast"]), "odd");
});
