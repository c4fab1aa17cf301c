/** What the demo does, in this order. */
export interface Step {
  /** The comment above the command. */
  say: string;
  /** For a shell, in the temporary home or in its folder `project`. */
  line: string;
  cwd?: "project";
  /** 0 when not given. */
  code?: number;
  /** What the output must contain. */
  shows: readonly (string | RegExp)[];
  /** What a person does when a text appears. */
  answers?: readonly (readonly [appears: string | RegExp, types: (tokens: Tokens) => string])[];
  /** Whether it is a part of the recording. */
  recorded?: true;
}

export interface Tokens {
  /** Of the self-hosted server. */
  staging: string;
}

const ENTER = "\r";
const CTRL_C = "\u0003";

export const STEPS: readonly Step[] = [
  {
    say: "Sign in with the browser",
    line: "bentocloud login",
    answers: [["How do you want to sign in", () => ENTER]],
    shows: ["Logged in", "ada@example.test", "acme", 'context "default", now current'],
    recorded: true,
  },
  {
    say: "A second context, on a self-hosted server",
    line: "bentocloud login --context staging --endpoint https://yatai.example.com",
    answers: [["API token for", ({ staging }) => staging + ENTER]],
    shows: ['context "staging", now current', "staging-team"],
    recorded: true,
  },
  { say: "Both", line: "bentocloud context list", shows: [/\* +staging/, "default"], recorded: true },
  {
    say: "Back to the first",
    line: "bentocloud use -",
    shows: ['Switched to context "default"'],
    recorded: true,
  },
  {
    say: "What runs there?",
    line: "bentocloud api /api/v2/deployments --jq '.items[].name'",
    shows: [/^summarizer\s+translator\s*$/],
    recorded: true,
  },
  {
    say: "Bind a project to staging",
    line: "cd project && bentocloud link staging",
    shows: [".bentorc"],
    recorded: true,
  },
  {
    say: "It is active in that directory",
    line: "bentocloud status",
    cwd: "project",
    shows: [/context\s+staging/, ".bentorc:1", /verdict\s+valid/],
    recorded: true,
  },
  {
    say: "Why? And what would Python bentoml use here?",
    line: "bentocloud explain",
    cwd: "project",
    shows: [/\* +\.bentorc +staging .* used: the first one that is set/, /bentoml +default/],
  },
  {
    say: "A program gets its credentials, and no others",
    line: "bentocloud exec -- printenv BENTO_CLOUD_API_ENDPOINT",
    cwd: "project",
    shows: ["https://yatai.example.com"],
    recorded: true,
  },
  {
    say: "An API token of its own for CI, saved as a context at once",
    line: "CI_TOKEN=$(bentocloud api-token create ci --expires 30d --login ci --no-use)",
    shows: ['Created the API token "ci"', 'Saved as context "ci"'],
  },
  {
    say: "Did a token get into a file?",
    line: "bentocloud token > notes.md; bentocloud scan notes.md",
    code: 1,
    shows: [/notes\.md:1 +default/, "1 API token is where others may read it"],
    recorded: true,
  },
  {
    say: "Replace an API token by a new one",
    line: "bentocloud api-token rotate default",
    shows: ['Rotated "default"', "is deleted"],
    recorded: true,
  },
  {
    say: "A notebook sends requests signed in, and never has the token",
    line: "bentocloud proxy --read-only",
    answers: [["go to https://cloud.bentoml.com", () => CTRL_C]],
    code: 130,
    shows: ["BENTO_CLOUD_API_ENDPOINT=http://127.0.0.1:", 'as "default"'],
    recorded: true,
  },
  {
    say: "A CI job signs in by a variable alone",
    line: 'HOME=/nowhere BENTO_CLOUD_API_KEY="$TOKEN" bentocloud whoami',
    shows: ["ada@example.test in acme (context __env__)"],
  },
  {
    say: "A revoked token is refused, and nothing changes",
    line: 'printf %s "$REVOKED" | bentocloud login --with-token',
    code: 4,
    shows: ["error:", "does not accept the API token"],
  },
  {
    say: "Sign out",
    line: "bentocloud logout --all --yes",
    shows: ['Removed context "default"', "No context is left"],
  },
  { say: "That was it", line: "bentocloud status", code: 4, shows: ["not_logged_in"] },
];
