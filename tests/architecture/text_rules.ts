/**
 * What files of the house may hold, and how many may stand together, each rule a function from the
 * project's sources to complaints.
 *
 * @module
 */
import { readImports } from "./fixtures/imports.ts";

/** The text of every source by its path from the top of the project. */
export type Sources = ReadonlyMap<string, string>;

/** The rooms from the bottom up: a file may import from its own room and from those before it. */
export const ROOMS: readonly string[] = ["kernels", "nn", "train", "cli.ts"];

/** What stands beside the house and is not published with it: each may name its rooms, and itself. */
export const BESIDE: readonly string[] = ["bench", "web"];

/** The first part of a path: a room, or a file at the top. */
export function roomOf(path: string): string {
  return path.split("/")[0];
}

/** Whether a file is a part of what is published. */
export function isHouse(path: string): boolean {
  return ROOMS.includes(roomOf(path)) || path === "mod.ts";
}

/** The most lines of a file: those that show how to extend the house are short. */
function mostLines(file: string): number {
  if (file.startsWith("tests/extending/")) return 60;
  return isHouse(file) || BESIDE.includes(roomOf(file)) ? 400 : 600;
}

/** Files that are longer than they may be. */
export function longFiles(sources: Sources): string[] {
  return [...sources]
    .map(([file, source]) => ({
      file,
      lines: source.trimEnd().split("\n").length,
      most: mostLines(file),
    }))
    .filter(({ lines, most }) => lines > most)
    .map(({ file, lines, most }) => `${file} has ${lines} lines, more than ${most}`);
}

/** No more files than this stand at the top of one folder. */
const MOST_FILES = 14;
/** Folders of records, one file each, and of their tests: they grow as the list does. */
const FOLDERS_OF_RECORDS = ["kernels/ops", "tests/kernels/ops"];

/** Folders in which a stranger would have to search. */
export function crowdedFolders(sources: Sources): string[] {
  const folders = Map.groupBy(sources.keys(), (path) => path.split("/").slice(0, -1).join("/"));
  return [...folders]
    .filter(([folder, files]) => files.length > MOST_FILES && !FOLDERS_OF_RECORDS.includes(folder))
    .map(([folder, { length }]) =>
      `${folder}/ holds ${length} files, more than ${MOST_FILES}: folders should say what is where`
    );
}

/** A folder of somebody's machine: the project must work on every other one. */
const MACHINE_PATH =
  /(?:^|[^\w.$}\/-])(?:\/(?:home|Users|root|mnt|opt|srv|tmp|var|work|workspace)\/[\w.]|[A-Z]:\\\w)/;

/** Lines that name a path of one machine. */
export function machinePaths(sources: Sources): string[] {
  return everyLine(sources, (file, text) => isHouse(file) && MACHINE_PATH.test(text))
    .map((place) => `${place} names a path of one machine`);
}

/** Only the console prints. */
export function printing(sources: Sources): string[] {
  const prints = (file: string, text: string) =>
    isHouse(file) && !file.startsWith("train/console/") &&
    /^(?!\s*(?:\*|\/\/)).*\bconsole\.\w+\(/.test(text);
  return everyLine(sources, prints).map((place) => `${place} prints: that is for train/console/`);
}

/** The plural of a noun or a verb, made by hand. */
const OWN_PLURAL = /=== 1 \? (?:"" : "s"|"(\w+)" : "\1s"|"(?:is|has|was|does)" :)/;

/** Words that follow a number are inflected in one place. */
export function ownPlurals(sources: Sources): string[] {
  const isOwn = (file: string, text: string) =>
    (isHouse(file) || BESIDE.includes(roomOf(file))) && OWN_PLURAL.test(text);
  return everyLine(sources, isOwn)
    .map((place) => `${place} makes a plural by itself: train/counted.ts does`);
}

function everyLine(sources: Sources, test: (file: string, text: string) => boolean): string[] {
  return [...sources].flatMap(([file, source]) =>
    source.split("\n").flatMap((text, at) => test(file, text) ? [`${file}:${at + 1}`] : [])
  );
}

/** mod.ts is a list of what the rooms offer. */
export function moreThanReexports(sources: Sources): string[] {
  const rest = (sources.get("mod.ts") ?? "")
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replace(
      /export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*["'][^"']+["'];?/g,
      "",
    );
  return rest.trim() === "" ? [] : ["mod.ts does more than re-export"];
}

/** A face says what a room offers; `export *` would offer whatever its files happen to export. */
export function unnamedExports(sources: Sources): string[] {
  const isFace = (file: string) => isHouse(file) && /(?:^|\/)mod\.ts$/.test(file);
  const isUnnamed = (text: string) => /^\s*export\s*(?:type\s*)?\*/.test(text);
  return everyLine(sources, (file, text) => isFace(file) && isUnnamed(text))
    .map((place) => `${place} exports all of a file: a face names what it exports`);
}

/** What runs in a browser, too: all but the jobs, the console, and what builds the page. */
const FOR_BROWSERS =
  /^(?:kernels|nn|train\/(?:images|synthetic|objects|models|learn|report)|web\/(?:shared|worker|page))\/|^train\/(?:counted|settings)\.ts$/;
const DENO = /\bDeno\s*(?:\.\s*\w|\?\.|\[)|=\s*Deno\b/;

/** Calls of the operating system where there may be none; comments may talk of them. */
export function systemCalls(sources: Sources): string[] {
  return [...sources].filter(([file]) => FOR_BROWSERS.test(file)).flatMap(([file, source]) => {
    const calls = withoutComments(source).split("\n")
      .flatMap((text, at) => DENO.test(text) ? [`${file}:${at + 1} calls Deno`] : []);
    const imports = readImports(source).filter(({ specifier }) => specifier.startsWith("node:"))
      .map(({ specifier, line }) => `${file}:${line} imports ${specifier}`);
    return [...calls, ...imports].map((found) => `${found}: it must run in a browser, too`);
  });
}

/** A source with its comments left out line by line; what looks like one in a text stays. */
export function withoutComments(source: string): string {
  const token =
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/.*/g;
  return source.replace(
    token,
    (found) => found.startsWith("/") ? found.replace(/[^\n]/g, "") : found,
  );
}
