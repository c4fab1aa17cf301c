/**
 * A program that uses the library, run in each runtime. Sends the requests of the JSON list in `argv`, one after the
 * other or all at once, and prints the outcome of each as a JSON list.
 */
import { CliError, createClient, resolveContext } from "bentocloud";

interface Wanted {
  path: string;
  /** Of the process, from here on. */
  env?: Record<string, string | undefined>;
  init?: { method?: string; headers?: Record<string, string>; body?: string };
}

const { insecureHttp, timeoutMs, atOnce, wanted } = JSON.parse(process.argv[2]!) as {
  insecureHttp: boolean;
  timeoutMs: number;
  atOnce: boolean;
  wanted: Wanted[];
};

async function outcomeOf({ path, env = {}, init = {} }: Wanted): Promise<object> {
  for (const [name, value] of Object.entries(env))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  try {
    const context = await resolveContext({ insecureHttp, timeoutMs, warn: () => {} });
    const answer = await createClient(context, { insecureHttp, timeoutMs })(path, init);
    return { code: "OK", message: JSON.stringify(answer) };
  } catch (error) {
    // A mistake in the call itself is an error of the runtime.
    const code = error instanceof CliError ? error.code : "ERROR";
    const { message, hint } = error as CliError;
    return { code, message, hint };
  }
}

const outcomes: unknown[] = atOnce ? await Promise.all(wanted.map(outcomeOf)) : [];
if (!atOnce) for (const one of wanted) outcomes.push(await outcomeOf(one));
console.log(JSON.stringify(outcomes));
