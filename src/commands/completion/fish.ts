import { scriptCommand } from "./_script-command.ts";

const SCRIPT = `# fish completion of bentocloud
function __bentocloud_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l lines (command bentocloud __complete fish "$current" $words 2>/dev/null </dev/null)
    set -l kind $lines[1]
    set -e lines[1]
    switch "$kind"
        case words
            printf '%s\\n' $lines
        case rest
            set -l at (contains -i -- -- $words)
            set -e words[1..$at]
            complete -C (string join ' ' -- (string escape -- $words) "$current")
        case files
            __fish_complete_path "$current"
    end
end
complete -c bentocloud -e
complete -c bentocloud -f -a '(__bentocloud_complete)'`;

export const fish = scriptCommand("fish", SCRIPT, [
  ["bentocloud completion fish > ~/.config/fish/completions/bentocloud.fish", "once"],
]);
