import { command } from "../../cli/command.ts";
import { exitOneOnFailure } from "./_exit-code.ts";

export const listContext = command({
  name: "list-context",
  description: "Print the names of the contexts as JSON",
  section: "As in bentoml",
  examples: [["bentocloud list-context", "the names"]],
  async run(_args, cli) {
    await exitOneOnFailure(async () => {
      const { contexts } = await cli.store.read();
      cli.output.data(contexts.map(({ name }) => name));
    });
  },
});
