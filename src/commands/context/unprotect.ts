import { command } from "../../cli/command.ts";
import { unprotectContext } from "../../store/manage.ts";

export const unprotect = command({
  name: "unprotect",
  description: "Take the protection of a context away",
  args: {
    name: { type: "positional", valueHint: "context", required: true, description: "Context to unprotect" },
  },
  async run({ name }, { store, output }) {
    const was = await unprotectContext(store, name);
    if (output.json) output.data({ name, protected: false });
    output.success(was ? `Context "${name}" is no longer protected` : `Context "${name}" was not protected`);
  },
});
