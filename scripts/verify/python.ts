import { join } from "node:path";

/** The Python with the packages of test/interop/requirements.txt, which `scripts/run.mjs` prepares. */
export const PYTHON =
  process.env["BENTOCLOUD_PYTHON"] || join(import.meta.dirname, "../../.cache/python/bin/python");
