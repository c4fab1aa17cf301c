import type { Flags } from "../app.ts";
import type { Command } from "./command.ts";

/** An option of a command line, matched with its definition. */
export interface Option {
  name: string;
  /** As it was written, without its value. */
  written: string;
  /** Undefined when there was none. */
  value: string | undefined;
}

/** What a command line asks for. */
export interface Invocation extends Pick<Found, "command" | "path" | "options" | "positionals" | "topic"> {
  flags: Flags;
  request: "run" | "help" | "version";
  /** The words after `--`, for a command that takes them unread. */
  rest: string[];
}

/** What the words before `--` lead to. */
export interface Found {
  command: Command;
  /** The full name, for example `["bentocloud", "context", "list"]`. */
  path: string[];
  options: Option[];
  positionals: string[];
  /** The last word, when it is an option whose value is missing. */
  pending: string | undefined;
  lenient: boolean;
  /** After the word `help`: what follows names a command or a topic. */
  isHelp: boolean;
  /** The page of help that was asked for, when it is not that of a command. */
  topic: string | undefined;
}
