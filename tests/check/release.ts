/**
 * Makes `deno.json` ready to be published for real: says what is amiss with a release, and takes the
 * stand-ins of packages out.
 *
 *     deno run --allow-read --allow-write=deno.json tests/check/release.ts v1.2.3
 *
 * @module
 */

/** What is looked at. */
export interface Release {
  /** The tag. */
  readonly tag: string;
  /** Text of `deno.json`. */
  readonly config: string;
  /** Text of `CHANGELOG.md`. */
  readonly changelog: string;
}

/**
 * The text of `deno.json` with which a tag is published.
 *
 * @throws {RangeError} If the tag is not that of the version, or the changelog does not tell of it.
 */
export function releasedConfig({ tag, config, changelog }: Release): string {
  const { scopes: _, ...released }: Record<string, unknown> = JSON.parse(config);
  const { version } = released;
  if (tag !== `v${version}`) {
    throw new RangeError(`Cannot publish ${tag}: deno.json has version ${version}`);
  }
  if (!changelog.includes(`\n## [${version}]`)) {
    throw new RangeError(`Cannot publish ${tag}: CHANGELOG.md has no section [${version}]`);
  }
  return JSON.stringify(released, null, 2) + "\n";
}

if (import.meta.main) {
  const at = (path: string) => new URL(`../../${path}`, import.meta.url);
  const [config, changelog] = await Promise.all(
    ["deno.json", "CHANGELOG.md"].map((path) => Deno.readTextFile(at(path))),
  );
  await Deno.writeTextFile(
    at("deno.json"),
    releasedConfig({ tag: Deno.args[0], config, changelog }),
  );
}
