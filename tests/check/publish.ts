/**
 * Rehearses publishing to JSR and checks which files would go there.
 *
 * `deno publish --dry-run` cannot leave out what lies inside the package folder, so the rehearsal is
 * held in a copy: what `publish.include` names in one temporary folder, the stand-ins of `scopes` in
 * others beside it, as links. The copy also shows that the package needs no file
 * that is not published.
 *
 * @module
 */

interface Package {
  scopes: Record<string, Record<string, string>>;
  publish: { include: string[] };
  exports: Record<string, string>;
}

const ROOT = new URL("../../", import.meta.url);
/** What a published file may be; anything else was included by accident. */
const PUBLISHED =
  /^(?:(?:kernels|nn|train)\/[\w/]+\.ts|train\/models\/builtin\/[\w.]+|docs\/\w+\.(?:md|png)|docs\/cluster\/[\w.]+|mod\.ts|cli\.ts|deno\.json|LICENSE|(?:README|CHANGELOG|CONTRIBUTING)\.md)$/;

const config: Package = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
const folder = await Deno.makeTempDir({ prefix: "kymo-publish-" });
try {
  await copyPackage(config, folder);
  const files = await rehearse(`${folder}/package`);
  const wrong = problems(files, config);
  for (const problem of wrong) console.error(`Cannot publish: ${problem}`);
  if (wrong.length > 0) Deno.exitCode = 1;
  else console.log(`Publish: ${files.length} files, none of the stand-ins`);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function copyPackage({ scopes, publish, ...rest }: Package, folder: string): Promise<void> {
  const standIns = Object.values(scopes["./"]).map((face) => face.replace(/\/[^/]*$/, ""));
  for (const path of publish.include) {
    await copy(new URL(path, ROOT), `${folder}/package/${path}`);
  }
  const links = standIns.map((_, at) => `../stand-in-${at}`);
  for (const [at, path] of standIns.entries()) {
    await copy(new URL(path, ROOT), `${folder}/stand-in-${at}`);
  }
  const rewritten = { ...rest, publish, links };
  await Deno.writeTextFile(`${folder}/package/deno.json`, JSON.stringify(rewritten));
}

async function copy(from: URL, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  await Deno.mkdir(isDirectory ? to : to.slice(0, to.lastIndexOf("/")), { recursive: true });
  if (!isDirectory) return await Deno.copyFile(from, to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(new URL(`${from.href}/${name}`), `${to}/${name}`);
  }
}

/** Runs the dry run in a folder; the paths it would publish, relative to the folder. */
async function rehearse(folder: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  if (!success) throw new Error(`Cannot publish: the dry run says\n${output}`);
  const prefix = `${folder}/`;
  return [...output.matchAll(/^ +file:\/\/(\S+) \(/gm)]
    .map(([, path]) => decodeURI(path))
    .map((path) => path.includes(prefix) ? path.slice(path.indexOf(prefix) + prefix.length) : path);
}

function problems(files: string[], { exports, publish }: Package): string[] {
  const needed = Object.values(exports).map((path) => path.replace("./", ""));
  for (const path of publish.include) {
    if (path.includes(".") || path === "LICENSE") needed.push(path);
  }
  return [
    ...files.filter((path) => !PUBLISHED.test(path)).map((path) => `${path} is not for JSR`),
    ...needed.filter((path) => !files.includes(path)).map((path) => `${path} is left out`),
  ];
}
