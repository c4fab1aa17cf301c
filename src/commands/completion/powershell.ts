import { scriptCommand } from "./_script-command.ts";

/** Windows PowerShell drops an empty argument, so it is passed as a blank. */
const SCRIPT = `# PowerShell completion of bentocloud
Register-ArgumentCompleter -Native -CommandName bentocloud -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $quotes = [char[]]@("'", '"')
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($null -ne $_.Value) { "$($_.Value)" } else { $_.Extent.Text.Trim($quotes) } })
    $current = "$wordToComplete".Trim($quotes)
    $asked = if ($current -eq '') { ' ' } else { $current }
    $encoding = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
        $program = Get-Command -Name bentocloud -CommandType Application -ErrorAction Stop | Select-Object -First 1
        $lines = @(& $program __complete powershell $asked @before 2>$null)
    } catch {
        return
    } finally {
        [Console]::OutputEncoding = $encoding
    }
    if ($lines.Count -lt 2 -or $lines[0] -ne 'words') { return }
    foreach ($line in $lines[1..($lines.Count - 1)]) {
        $value, $description = $line -split "\`t", 2
        if (-not $value.StartsWith($current, [StringComparison]::OrdinalIgnoreCase)) { continue }
        if (-not $description) { $description = $value }
        $text = $value
        if ($text -notmatch '^(--)?[A-Za-z0-9_][A-Za-z0-9_.:/=-]*$') {
            $text = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value) + "'"
        }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
    }
}`;

export const powershell = scriptCommand("powershell", SCRIPT, [
  ["bentocloud completion powershell | Out-String | Invoke-Expression", "in $PROFILE"],
]);
