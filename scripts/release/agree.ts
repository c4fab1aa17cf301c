/** The three places that name the version of a release. */
export interface Claims {
  /** The version in package.json. */
  version: string;
  /** The text of CHANGELOG.md. */
  changelog: string;
  /** The tag of the release; undefined in a rehearsal. */
  tag: string | undefined;
}

/** One sentence for each disagreement. In a rehearsal the newest section of the changelog may still be `Unreleased`. */
export function disagreements({ version, changelog, tag }: Claims): string[] {
  const headings = [...changelog.matchAll(/^## \[?([^\]\s]+)/gm)].map(([, heading]) => heading);
  const found: string[] = [];
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/.test(version))
    found.push(`package.json has no version: ${version}`);
  if (tag !== undefined && tag !== `v${version}`)
    found.push(`the tag is ${tag}, and package.json says ${version}`);
  const isListed = headings.includes(version) || (tag === undefined && headings[0] === "Unreleased");
  if (!isListed) found.push(`CHANGELOG.md has no section for ${version}`);
  return found;
}
