import { afterAll, afterEach } from "bun:test";
import { type CloudOptions, type LocalCloud, startCloud } from "./cloud.ts";

/**
 * Servers that live as long as one test: after it they are stopped, and a request that nobody expected, or a plan that
 * nobody met, fails it. Call it once at the top of a file.
 */
export function cloudsPerTest(): (options?: CloudOptions) => Promise<LocalCloud> {
  const clouds: LocalCloud[] = [];
  afterEach(async () => {
    const used = clouds.splice(0);
    await Promise.all(used.map((cloud) => cloud.stop()));
    for (const cloud of used) cloud.verify();
  });
  return async (options) => {
    const cloud = await startCloud(options);
    clouds.push(cloud);
    return cloud;
  };
}

/** A server for all tests of a file, which is stopped after the last one; `verify` adds what the others do after each. */
export async function cloudForAll({ verify = true } = {}): Promise<LocalCloud> {
  const cloud = await startCloud();
  afterAll(async () => {
    await cloud.stop();
    if (verify) cloud.verify();
  });
  return cloud;
}
