import { command } from "../../cli/command.ts";
import { withCompatibleFailures } from "./_failure.ts";

export const listContext = command({
  name: "list-context",
  description: "Print the names of the contexts as JSON",
  async run(_args, cli) {
    await withCompatibleFailures(async () => {
      const { contexts } = await cli.store.read();
      cli.output.data(contexts.map(({ name }) => name));
    });
  },
});
