import { scriptCommand } from "./_script-command.ts";

/** macOS still has bash 3.2, so there is no `mapfile`, and `compopt` may fail. */
const SCRIPT = `# bash completion of bentocloud
_bentocloud() {
  local kind line index
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS= read -r line; do COMPREPLY+=("$line"); done
  } < <(command bentocloud __complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
  case $kind in
  words) ;;
  rest)
    for ((index = 1; index < COMP_CWORD; index++)); do
      [[ \${COMP_WORDS[index]} == -- ]] && break
    done
    if declare -F _command_offset >/dev/null; then
      _command_offset $((index + 1))
    elif ((COMP_CWORD == index + 1)); then
      _bentocloud_reply < <(compgen -A command -A file -- "$2")
    else
      _bentocloud_reply < <(compgen -A file -- "$2")
    fi
    ;;
  files) _bentocloud_reply < <(compgen -A file -- "$2") ;;
  esac
}
_bentocloud_reply() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}
complete -F _bentocloud bentocloud`;

export const bash = scriptCommand("bash", SCRIPT, [["source <(bentocloud completion bash)", "in ~/.bashrc"]]);
