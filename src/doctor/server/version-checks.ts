import { fieldOf, serverText } from "../../cloud/answer.ts";
import { refusal } from "../../cloud/refusal.ts";
import { CliError } from "../../errors.ts";
import { showAge } from "../../system/time.ts";
import { type Check, ok, warn } from "../check.ts";
import { endpointAddress, open, secret, text } from "../report.ts";
import type { Target } from "./asked-server.ts";

const LOOKS_LIKE_VERSION = /^v?\d+(\.\d+)*(-[a-z0-9]{1,12})?$/;

/** Checks that BentoCloud answers: requests the version, which needs no token and which every BentoCloud should know. */
export const endpoint: Check<Target> = {
  id: "endpoint",
  async run(target) {
    const { answer } = await target.askVersion();
    const shown = endpointAddress(target.endpoint);
    const version = serverText(fieldOf(answer.body, "version"), 60);
    if (answer.status === 200 && version !== undefined) {
      const number = LOOKS_LIKE_VERSION.test(version) ? open(version) : secret("version", version);
      return ok(text`${shown} is BentoCloud or Yatai, version ${number}`);
    }
    if (answer.status >= 500 || answer.status === 407 || answer.notJson !== undefined)
      throw refusal(answer, target.endpoint) ?? new CliError("NOT_BENTOCLOUD", "this is not BentoCloud");
    // A server may not know that request; then its answer about the token shows whether it is BentoCloud.
    const identification = await target.identify();
    if (!identification) return warn(text`${shown} answers, but may not be BentoCloud`);
    const { verdict, error } = identification;
    if (error && (verdict === "not_bentocloud" || verdict === "unreachable")) throw error;
    return ok(text`${shown} is BentoCloud or Yatai, of an unknown version`);
  },
};

const MAX_DIFFERENCE_MS = 2 * 60 * 1000;
/** The header `Date` has whole seconds. */
const UNIT_MS = 1000;

/** Compares the server's clock with that of this machine: tokens and certificates expire by it. */
export const clock: Check<Target> = {
  id: "clock",
  async run(target) {
    const { clock } = await target.askVersion();
    if (!clock) return undefined;
    // The server wrote its answer at some time between these two, so only a time outside of them is a difference.
    const ahead = clock.before.getTime() - (clock.server.getTime() + UNIT_MS);
    const behind = clock.server.getTime() - clock.after.getTime();
    const ms = Math.max(ahead, behind);
    if (ms < MAX_DIFFERENCE_MS) return ok(text`this machine and the server agree about the time`);
    const age = showAge(new Date(0), new Date(ms));
    const direction = ahead > behind ? "ahead of" : "behind";
    const hint = text`set the clock: API tokens and certificates are judged by it`;
    return warn(text`the clock of this machine is ${open(`${age} ${direction} the server's`)}`, hint);
  },
};
