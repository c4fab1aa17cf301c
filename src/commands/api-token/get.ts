import { command } from "../../cli/command.ts";
import { showExpiry } from "../../auth/show-expiry.ts";
import { describeUsers } from "../../tokens/match.ts";
import { getApiToken } from "../../tokens/list.ts";
import { showWhen } from "../../system/time.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { showDescription, showScopes, toListedJson, TOKEN_OR_PICK } from "./_format.ts";

export const get = command({
  name: "get",
  description: "Show one API token",
  args: { token: TOKEN_OR_PICK, ...REQUEST_ARGS },
  examples: [["bentocloud api-token get ci", 'the one that is called "ci"']],
  async run(args, cli) {
    const token = await getApiToken(cli, args.token);
    if (cli.output.json) return cli.output.data(toListedJson(token));
    const when = (time: Date) => showWhen(time, cli.now(), cli.flags);
    const expiry = showExpiry(token, cli);
    await cli.output.fields([
      ["name", token.name],
      ["uid", token.uid],
      ["description", showDescription(token)],
      ["scopes", showScopes(token)],
      ["user", token.user],
      ["created", token.createdAt && when(token.createdAt)],
      ["last used", token.lastUsedAt ? when(token.lastUsedAt) : "never"],
      ["expires", expiry.text, expiry.tone],
      ["used by", describeUsers(cli, token.contexts) || null],
    ]);
  },
});
