import { scriptCommand } from "./_script-command.ts";

const SCRIPT = `#compdef bentocloud
# zsh completion of bentocloud
_bentocloud() {
  local kind line tab=$'\\t'
  local -a lines plain described before
  before=("\${(@Q)words[2,CURRENT-1]}")
  (( CURRENT > 2 )) || before=()
  lines=("\${(@f)$(command bentocloud __complete zsh "\${(Q)PREFIX}" "\${before[@]}" 2>/dev/null </dev/null)}")
  kind=$lines[1]
  shift lines
  case $kind in
  words)
    for line in "\${lines[@]}"; do
      # What is described has no character that would have to be escaped.
      if [[ $line == *$tab* ]]; then described+=("\${line/$tab/:}"); else plain+=("$line"); fi
    done
    (( $#plain )) && compadd -a plain
    (( $#described )) && _describe bentocloud described
    ;;
  rest)
    local at=\${words[(i)--]}
    shift $at words
    (( CURRENT -= at ))
    _normal -p bentocloud
    ;;
  files)
    compset -P '--*='
    _files
    ;;
  esac
}
if [[ $funcstack[1] == _bentocloud ]]; then
  _bentocloud "$@"
elif (( $+functions[compdef] )); then
  compdef _bentocloud bentocloud
fi`;

export const zsh = scriptCommand("zsh", SCRIPT, [
  ["source <(bentocloud completion zsh)", "in ~/.zshrc, after compinit"],
  ['bentocloud completion zsh > "${fpath[1]}/_bentocloud"', "or once, where zsh looks for such files"],
]);
