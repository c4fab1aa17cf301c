/** Counts the test cases of a junit report; a test file that is not in it never got as far as its tests. */
export function countReport(xml, files) {
  const cases = xml.match(/<testcase\b[^>]*?(?:\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
  const failed = cases.filter((text) => /<(?:failure|error)\b/.test(text)).length;
  const skipped = cases.filter((text) => text.includes("<skipped")).length;
  const silent = files.filter((file) => !xml.includes(`file="${file}"`));
  return { passed: cases.length - failed - skipped, failed: failed + silent.length, skipped, silent };
}
