import { command } from "../../cli/command.ts";
import { protectContext } from "../../store/manage.ts";

export const protect = command({
  name: "protect",
  description: "Make `exec` and changing `api` requests ask for the context's name first",
  args: {
    name: { type: "positional", valueHint: "context", required: true, description: "Context to protect" },
  },
  examples: [
    ["bentocloud context protect prod", "from now on"],
    ["bentocloud exec --yes=prod -- ./deploy.sh", "in a script"],
  ],
  async run({ name }, { store, output }) {
    const isNew = await protectContext(store, name);
    if (output.json) output.data({ name, protected: true });
    output.success(isNew ? `Protected context "${name}"` : `Context "${name}" is protected already`);
  },
});
