import { needs } from "../support/needs.ts";

/** What makes the packages, and what the installer is tried with, beyond what every Debian has. */
const tools = needs(
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
);

export const isUnequipped = !tools.isMet;
export const { describe, test } = tools;
