import { readFileSync } from "node:fs";

/** The Debian package of each tool that some tests need. */
const PACKAGES = JSON.parse(readFileSync(new URL("../test/support/tools.json", import.meta.url), "utf8"));

/** Counts the cases of a junit report. A test file that is not in it crashed before its first test, and has failed. */
export function countReport(xml, files) {
  const cases = xml.match(/<testcase\b[^>]*?(?:\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
  const skipped = cases.filter((text) => text.includes("<skipped"));
  const broken = cases.filter((text) => /<(?:failure|error)\b/.test(text)).length;
  const silent = files.filter((file) => !xml.includes(`file="${file}"`));
  return {
    passed: cases.length - skipped.length - broken,
    failed: broken + silent.length,
    skipped: skipped.length,
    silent,
    lacking: skipped.flatMap((text) => [...new Set(text.match(/(?<=\[needs )[^\]]+/g))]),
  };
}

/** One line for each missing tool. `lacking` has the name of a tool once for each test that was skipped for want of it. */
export function describeMissing(lacking) {
  return [...new Set(lacking)].sort().map((tool) => {
    const count = lacking.filter((one) => one === tool).length;
    const advice = PACKAGES[tool] ? `; apt-get install ${PACKAGES[tool]}` : "";
    return `${tool} is missing: ${count} ${count === 1 ? "test" : "tests"} skipped${advice}`;
  });
}
