// Public names are grouped, so that a reader of the documentation finds what belongs together.
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
/** All groups; another one needs several names that belong nowhere else. */
const CATEGORIES = [
  ...["Autodiff", "Batches", "Device", "Errors", "Formats", "Images", "Intensities", "Jobs"],
  ...["Kinds of models", "Labels and targets", "Learner", "Losses", "Masks", "Models", "Networks"],
  ...["Objects", "Operations", "Optimisers", "Output formats", "Own operations", "Pixel features"],
  ...["Random numbers", "Results", "Scores", "Sequences", "Series", "Settings", "Sources"],
  ...["Stages", "Teacher", "Tensors", "Tuning", "Weights"],
];

interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: { readonly tags?: readonly { readonly kind: string; readonly doc?: string }[] };
}

interface Documentation {
  readonly nodes: Record<string, {
    readonly symbols: readonly { name: string; declarations: readonly Declaration[] }[];
  }>;
}

Deno.test("every public name is in one of the categories", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const { stdout } = await new Deno.Command("deno", {
    args: ["doc", "--json", ...Object.values<string>(exports)],
    cwd: ROOT,
  }).output();
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  const symbols = Object.values(nodes).flatMap(({ symbols }) => symbols);
  assert(symbols.length > 500, `${symbols.length} names were looked at`);
  const used = new Set<string>();
  const without = new Set<string>();
  for (const { name, declarations } of symbols) {
    if (declarations.every(({ kind }) => kind === "reference")) continue;
    const tags = declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
    const category = tags.find(({ kind }) => kind === "category")?.doc?.trim();
    if (category !== undefined) used.add(category);
    else {
      const { filename, line } = declarations[0].location;
      without.add(`${filename.replace(ROOT.href, "")}:${line + 1} ${name} has no @category`);
    }
  }
  assertEquals([...without], []);
  assertEquals([...used].sort(), [...CATEGORIES].sort());
});
