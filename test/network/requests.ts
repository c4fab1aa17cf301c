/**
 * A program that uses the library, run in each runtime. Sends the requests of the JSON list in `argv`, one after the
 * other, and prints what became of each as a JSON list.
 */
import { CliError, createClient, resolveContext } from "bentocloud";

interface Wanted {
  path: string;
  /** Of the process, from here on. */
  env?: Record<string, string | undefined>;
  init?: { method?: string; headers?: Record<string, string>; body?: string };
}

const { insecureHttp, timeoutMs, wanted } = JSON.parse(process.argv[2]!) as {
  insecureHttp: boolean;
  timeoutMs: number;
  wanted: Wanted[];
};
const outcomes: unknown[] = [];
for (const { path, env = {}, init = {} } of wanted) {
  for (const [name, value] of Object.entries(env))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  try {
    const context = await resolveContext({ insecureHttp, timeoutMs, warn: () => {} });
    const answer = await createClient(context, { insecureHttp, timeoutMs })(path, init);
    outcomes.push({ code: "OK", message: JSON.stringify(answer) });
  } catch (error) {
    // A mistake in the call itself is an error of the runtime.
    const code = error instanceof CliError ? error.code : "ERROR";
    const { message, hint } = error as CliError;
    outcomes.push({ code, message, hint });
  }
}
console.log(JSON.stringify(outcomes));
