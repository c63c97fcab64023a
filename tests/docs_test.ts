// The programs of the documents run, and print what their comments say.
import { assert, assertEquals } from "@std/assert";

/** Documents whose programs are run, each in the process of this test. */
const DOCUMENTS = ["comparison.md", "library.md"];

/** A program in a document. */
interface Program {
  readonly line: number;
  readonly code: string;
  /** What its calls of console.log say they print: the comments behind them. */
  readonly expected: readonly string[];
}

function programsOf(text: string): Program[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, code] = found;
    const line = text.slice(0, found.index).split("\n").length;
    const comments = code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm);
    return { line, code, expected: Array.from(comments, ([, comment]) => comment) };
  });
}

/** Numbers as comments have them: four digits are enough. */
function shown(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  return isList ? Array.from(value as ArrayLike<unknown>, shown).join(", ") : String(value);
}

/** What a program prints. */
async function printed({ code }: Program): Promise<string[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => lines.push(values.map(shown).join(" "));
  try {
    await import(`data:application/typescript,${encodeURIComponent(code)}`);
  } finally {
    console.log = log;
  }
  return lines;
}

for (const name of DOCUMENTS) {
  Deno.test(`the programs of docs/${name} run and print what they say`, async (test) => {
    const text = await Deno.readTextFile(new URL(`../docs/${name}`, import.meta.url));
    const programs = programsOf(text);
    assert(programs.length > 2, `${name} has ${programs.length} programs`);
    for (const program of programs) {
      await test.step(`line ${program.line}`, async () => {
        const lines = await printed(program);
        const found = lines.filter((line) => program.expected.includes(line));
        assertEquals(found, [...program.expected], `it printed ${lines.join(" | ")}`);
      });
    }
  });
}

Deno.test("docs/comparison.md counts the lines of its programs right", async () => {
  const text = await Deno.readTextFile(new URL("../docs/comparison.md", import.meta.url));
  const programs = [...text.matchAll(/^```ts(?: ignore)?\n([\s\S]*?)^```$/gm)].map(([, code]) =>
    code.replace(/^\/\/ The data\.$[\s\S]*?^\/\/ The program\.$/m, "")
      .split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length
  );
  const rows = text.matchAll(/^\| [a-zA-Z][^|]*\| +(\d+) +\|/gm);
  assertEquals(Array.from(rows, ([, lines]) => Number(lines)), programs);
});
