/** What must say the same before a version goes out. */
export interface Claims {
  /** Of package.json. */
  version: string;
  /** The text of CHANGELOG.md. */
  changelog: string;
  /** The tag that is released; undefined in a rehearsal. */
  tag: string | undefined;
}

/** What does not agree, a sentence each. A rehearsal may come before the changes have their version. */
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
