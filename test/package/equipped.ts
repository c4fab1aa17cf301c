import { needs, type Tool } from "../support/needs.ts";

/** Tools that make packages or test the installer, and that not every Debian has. */
const TOOLS: readonly Tool[] = [
  "busybox",
  "cpio",
  "curl",
  "dash",
  "dpkg-deb",
  "jq",
  "openssl",
  "rpm",
  "rpm2cpio",
  "rpmbuild",
  "shasum",
  "unzip",
  "wget",
  "zip",
];
const tools = needs(...TOOLS);

export const isUnequipped = !tools.isMet;
export const { describe, test } = tools;

/** For tests that need another tool too. */
export function describeWith(...more: Tool[]) {
  return needs(...TOOLS, ...more).describe;
}
