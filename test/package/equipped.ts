import * as bun from "bun:test";

/** What makes the packages, and what the installer is tried with, beyond what every Debian has. */
const TOOLS = "busybox cpio curl dash dpkg-deb jq openssl rpm rpmbuild rpm2cpio shasum unzip wget zip".split(
  " ",
);

/** Never in CI, where one that is missing is a failure. */
export const isUnequipped = !process.env["CI"] && TOOLS.some((tool) => Bun.which(tool) === null);

/** Those of `bun:test`, skipped where this machine cannot make packages. */
export const describe = bun.describe.skipIf(isUnequipped);
export const test = bun.test.skipIf(isUnequipped);
