# Installs bentocloud on Windows:
#
#   irm https://github.com/bentoml/bentocloud/releases/latest/download/install.ps1 | iex
#
# BENTOCLOUD_VERSION      the release, 1.2.3 or v1.2.3 (default: the newest)
# BENTOCLOUD_INSTALL_DIR  where the program goes (default: %LOCALAPPDATA%\Programs\bentocloud)
# BENTOCLOUD_RELEASES     where the releases are: https, or http on this machine (default: those of the project)
# BENTOCLOUD_ATTESTATION  true: let `gh` verify that the project's own pipeline made the archive (default: false)
#
# Everything is in a function that the last line calls, so that an incomplete download of this file does nothing.
# Text from the network is checked before it is printed, and programs are verified before they run.

function Install-Bentocloud {
  $ErrorActionPreference = 'Stop'
  # The progress bar takes longer than the work.
  $ProgressPreference = 'SilentlyContinue'

  $releases = 'https://github.com/bentoml/bentocloud/releases'
  if ($env:BENTOCLOUD_RELEASES) { $releases = $env:BENTOCLOUD_RELEASES.TrimEnd('/') }
  $address = [Uri]$releases
  if ($address.UserInfo) { throw 'BENTOCLOUD_RELEASES must name no user' }
  if ($address.Scheme -ne 'https' -and -not ($address.Scheme -eq 'http' -and $address.IsLoopback)) {
    throw 'BENTOCLOUD_RELEASES must begin with https://'
  }
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  $attestation = 'false'
  if ($env:BENTOCLOUD_ATTESTATION) { $attestation = $env:BENTOCLOUD_ATTESTATION }
  if (-not ('true', 'false' -ccontains $attestation)) { throw 'BENTOCLOUD_ATTESTATION must be true or false' }
  if ($attestation -eq 'true' -and -not (Get-Command gh -CommandType Application -ErrorAction SilentlyContinue)) {
    throw 'gh is needed to verify the attestation; BENTOCLOUD_ATTESTATION=false does without'
  }

  # An emulated shell may report x64 on arm64; that build runs there too.
  $machine = [Runtime.InteropServices.RuntimeInformation]::OSArchitecture.ToString()
  $targets = @{ X64 = 'windows-x64'; Arm64 = 'windows-arm64' }
  if (-not $targets.ContainsKey($machine)) { throw "there is no build for Windows on $machine" }
  $archive = "bentocloud-$($targets[$machine]).zip"

  $directory = $env:BENTOCLOUD_INSTALL_DIR
  if (-not $directory) {
    # A service or a job may have no such variable; the system knows the folder all the same.
    $local = $env:LOCALAPPDATA
    if (-not $local) { $local = [Environment]::GetFolderPath('LocalApplicationData') }
    if (-not $local) { throw 'LOCALAPPDATA is not set; set BENTOCLOUD_INSTALL_DIR to a folder for the program' }
    $directory = Join-Path $local 'Programs\bentocloud'
  }
  $target = Join-Path $directory 'bentocloud.exe'
  if (Test-Path -LiteralPath $target -PathType Container) { throw "$target is a directory" }
  $staged = Join-Path $directory ".bentocloud-$PID.exe"
  $temp = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
  New-Item -ItemType Directory -Path $temp | Out-Null

  # Windows PowerShell follows redirects from https to http, so each redirect is looked at here.
  function Save-File([string]$from, [string]$name) {
    $next = [Uri]$from
    for ($hop = 0; $hop -lt 10; $hop++) {
      if ($address.Scheme -eq 'https' -and $next.Scheme -ne 'https') { break }
      $request = [Net.WebRequest]::CreateHttp($next)
      $request.AllowAutoRedirect = $false
      $request.UserAgent = 'bentocloud-install'
      try { $response = $request.GetResponse() } catch { break }
      try {
        if ([int]$response.StatusCode -eq 200) {
          $file = [IO.File]::Create((Join-Path $temp $name))
          try { $response.GetResponseStream().CopyTo($file) } finally { $file.Dispose() }
          return
        }
        if (-not $response.Headers['Location']) { break }
        $next = New-Object Uri($next, $response.Headers['Location'])
      }
      finally { $response.Dispose() }
    }
    throw "cannot download $from"
  }

  try {
    # The newest release can change between two downloads, so its version is asked for once.
    $tag = $env:BENTOCLOUD_VERSION
    $source = 'BENTOCLOUD_VERSION'
    if (-not $tag -or $tag -eq 'latest') {
      $source = 'version.txt of the newest release'
      Save-File "$releases/latest/download/version.txt" 'version.txt'
      $tag = [IO.File]::ReadAllText((Join-Path $temp 'version.txt')).Trim()
    }
    $version = $tag -creplace '^v', ''
    if ($version -cnotmatch '\A[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]*[0-9A-Za-z.])?\z') { throw "$source does not contain a version" }
    $tag = "v$version"

    Save-File "$releases/download/$tag/checksums.txt" 'checksums.txt'
    $line = "\A[0-9a-f]{64}  $([regex]::Escape($archive))\z"
    $lines = @([IO.File]::ReadAllLines((Join-Path $temp 'checksums.txt')) | Where-Object { $_ -cmatch $line })
    if ($lines.Count -ne 1) { throw "checksums.txt of $tag has no checksum of $archive" }
    $expected = $lines[0].Substring(0, 64)

    Save-File "$releases/download/$tag/$archive" $archive
    $actual = (Get-FileHash -Algorithm SHA256 -LiteralPath "$temp\$archive").Hash.ToLowerInvariant()
    if ($actual -ne $expected) {
      throw "$archive does not match checksums.txt of ${tag}: its hash is $actual, not $expected"
    }
    if ($attestation -eq 'true') {
      $pipeline = 'bentoml/bentocloud/.github/workflows/release.yml'
      gh attestation verify "$temp\$archive" --repo bentoml/bentocloud --signer-workflow $pipeline --source-ref "refs/tags/$tag"
      if ($LASTEXITCODE -ne 0) { throw "the release pipeline of bentocloud did not make this $archive" }
    }

    Expand-Archive -LiteralPath "$temp\$archive" -DestinationPath "$temp\content"
    New-Item -ItemType Directory -Force -Path $directory | Out-Null
    Copy-Item -LiteralPath "$temp\content\bentocloud.exe" -Destination $staged
    # Run it before it replaces a program that works. It has no use for the token of `gh`.
    $tokens = $env:GH_TOKEN, $env:GITHUB_TOKEN
    $env:GH_TOKEN = $env:GITHUB_TOKEN = $null
    try { $said = & $staged --version } finally { $env:GH_TOKEN, $env:GITHUB_TOKEN = $tokens }
    if ($LASTEXITCODE -ne 0) { throw 'bentocloud does not run here' }
    if ("$said" -cne "bentocloud $version") { throw "the program in $archive is not bentocloud $version" }
    # Windows allows to rename a running program but not to replace it. The next installation removes the old one.
    Get-ChildItem -LiteralPath $directory -Filter '.bentocloud-old-*.exe' -Force | Remove-Item -Force -ErrorAction SilentlyContinue
    # A new name, because the program of an earlier installation may still run under its own.
    $old = Join-Path $directory ".bentocloud-old-$([Guid]::NewGuid().ToString('N')).exe"
    if (Test-Path -LiteralPath $target) { Move-Item -LiteralPath $target -Destination $old }
    try { Move-Item -LiteralPath $staged -Destination $target }
    catch {
      if (Test-Path -LiteralPath $old) { Move-Item -LiteralPath $old -Destination $target }
      throw
    }
    Remove-Item -Force -LiteralPath $old -ErrorAction SilentlyContinue
    Write-Host "installed bentocloud $version as $target"
    if (($env:Path -split ';') -notcontains $directory) {
      Write-Host "$directory is not in Path; add it in System Settings, Environment Variables"
    }
  }
  finally {
    Remove-Item -Recurse -Force -LiteralPath $temp
    if (Test-Path -LiteralPath $staged) { Remove-Item -Force -LiteralPath $staged }
  }
}

Install-Bentocloud
