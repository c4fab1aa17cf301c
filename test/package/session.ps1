# A session in PowerShell with the built program: env, its function for a program, completion, and on Windows the installer.
# CI runs it in PowerShell on each system.

$ErrorActionPreference = 'Stop'

function Assert-Equal([string]$what, $actual, $expected) {
  if ("$actual" -cne "$expected") { throw "${what}: it is '$actual', not '$expected'" }
}

$root = (Resolve-Path -LiteralPath (Join-Path $PSScriptRoot '../..')).Path
$program = Join-Path $root 'dist' 'bentocloud'
if ($IsWindows) { $program += '.exe' }
$work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null

# A name and a token that need quotes.
$env:BENTOML_HOME = Join-Path $work 'bentoml'
New-Item -ItemType Directory -Path $env:BENTOML_HOME | Out-Null
$token = 'it''s-$x'
$context = @{ name = 'it''s'; endpoint = 'https://cloud.test'; api_token = $token; email = $null }
$contexts = @{ contexts = @($context); current_context_name = 'it''s' } | ConvertTo-Json -Depth 3
[IO.File]::WriteAllText((Join-Path $env:BENTOML_HOME '.yatai.yaml'), $contexts)
$env:PATH = (Split-Path $program) + [IO.Path]::PathSeparator + $env:PATH

& $program env --shell powershell | Out-String | Invoke-Expression
Assert-Equal 'the key' $env:BENTO_CLOUD_API_KEY $token
Assert-Equal 'the endpoint' $env:BENTO_CLOUD_API_ENDPOINT 'https://cloud.test'
& $program env --shell powershell --unset | Out-String | Invoke-Expression
Assert-Equal 'the removed key' (Test-Path Env:BENTO_CLOUD_API_KEY) $false

& $program env --shell powershell --alias node --context 'it''s' | Out-String | Invoke-Expression
$seen = node -e 'console.log(process.env.BENTO_CLOUD_API_KEY)'
Assert-Equal 'the key of a program behind the function' $seen $token
$piped = 'piped' | node -e 'process.stdin.pipe(process.stdout)'
Assert-Equal 'what is piped through the function' $piped 'piped'
Remove-Item Function:node

& $program completion powershell | Out-String | Invoke-Expression
$line = 'bentocloud contex'
$found = (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText
if ($found -notcontains 'context') { throw "completion of '$line' offers '$found'" }

if ($IsWindows) {
  $version = (& $program --version) -replace '^bentocloud ', ''
  $machine = [Runtime.InteropServices.RuntimeInformation]::OSArchitecture.ToString().ToLowerInvariant()
  $archive = "bentocloud-windows-$machine.zip"
  $latest = Join-Path $work 'www/latest/download'
  $release = Join-Path $work "www/download/v$version"
  New-Item -ItemType Directory -Path $latest, $release | Out-Null
  Set-Content -LiteralPath (Join-Path $latest 'version.txt') -Value $version
  Compress-Archive -LiteralPath $program -DestinationPath (Join-Path $release $archive)
  $hash = (Get-FileHash -Algorithm SHA256 -LiteralPath (Join-Path $release $archive)).Hash.ToLowerInvariant()
  Set-Content -LiteralPath (Join-Path $release 'checksums.txt') -Value "$hash  $archive"

  $arguments = '-m', 'http.server', '8765', '--bind', '127.0.0.1', '--directory', (Join-Path $work 'www')
  $server = Start-Process python -ArgumentList $arguments -PassThru -NoNewWindow
  try {
    $env:BENTOCLOUD_RELEASES = 'http://127.0.0.1:8765'
    $env:BENTOCLOUD_INSTALL_DIR = Join-Path $work 'installed'
    Invoke-WebRequest -Uri "$env:BENTOCLOUD_RELEASES/latest/download/version.txt" -MaximumRetryCount 9 -RetryIntervalSec 1 | Out-Null
    & (Join-Path $root 'scripts/install.ps1')
    $installed = Join-Path $env:BENTOCLOUD_INSTALL_DIR 'bentocloud.exe'
    Assert-Equal 'the installed program' (& $installed --version) "bentocloud $version"

    # Over a program that runs.
    $running = Start-Process $installed -ArgumentList 'proxy' -PassThru -NoNewWindow
    & (Join-Path $root 'scripts/install.ps1')
    Assert-Equal 'the program installed over it' (& $installed --version) "bentocloud $version"
    Stop-Process -InputObject $running
  }
  finally { Stop-Process -InputObject $server }
}
