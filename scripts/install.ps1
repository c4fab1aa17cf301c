# Installs bentocloud on Windows:
#
#   irm https://github.com/bentoml/bentocloud/releases/latest/download/install.ps1 | iex
#
# BENTOCLOUD_VERSION      the release, 1.2.3 or v1.2.3 (default: the newest)
# BENTOCLOUD_INSTALL_DIR  where the program goes (default: %LOCALAPPDATA%\Programs\bentocloud)
# BENTOCLOUD_RELEASES     where the releases are: https, or http on this machine (default: those of the project)
#
# Everything is in a function that the last line calls, so that an incomplete download of this file does nothing.

function Install-Bentocloud {
  $ErrorActionPreference = 'Stop'
  # The progress bar takes longer than the download.
  $ProgressPreference = 'SilentlyContinue'

  $releases = 'https://github.com/bentoml/bentocloud/releases'
  if ($env:BENTOCLOUD_RELEASES) { $releases = $env:BENTOCLOUD_RELEASES.TrimEnd('/') }
  $address = [Uri]$releases
  if ($address.UserInfo) { throw 'BENTOCLOUD_RELEASES must name no user' }
  if ($address.Scheme -ne 'https' -and -not ($address.Scheme -eq 'http' -and $address.IsLoopback)) {
    throw 'BENTOCLOUD_RELEASES must begin with https://'
  }
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

  # An emulated shell may report x64 on arm64; that build runs there too.
  $machine = [Runtime.InteropServices.RuntimeInformation]::OSArchitecture.ToString()
  $targets = @{ X64 = 'windows-x64'; Arm64 = 'windows-arm64' }
  if (-not $targets.ContainsKey($machine)) { throw "there is no build for Windows on $machine" }
  $archive = "bentocloud-$($targets[$machine]).zip"

  $directory = Join-Path $env:LOCALAPPDATA 'Programs\bentocloud'
  if ($env:BENTOCLOUD_INSTALL_DIR) { $directory = $env:BENTOCLOUD_INSTALL_DIR }
  $target = Join-Path $directory 'bentocloud.exe'
  $staged = Join-Path $directory ".bentocloud-$PID.exe"
  $temp = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
  New-Item -ItemType Directory -Path $temp | Out-Null
  try {
    # The newest release can change between two downloads, so its version is asked for once.
    $tag = $env:BENTOCLOUD_VERSION
    if (-not $tag -or $tag -eq 'latest') {
      Invoke-WebRequest -UseBasicParsing -Uri "$releases/latest/download/version.txt" -OutFile "$temp\version.txt"
      $tag = (Get-Content -Raw "$temp\version.txt").Trim()
    }
    $tag = 'v' + ($tag -replace '^v', '')
    if ($tag -notmatch '^v[0-9][0-9A-Za-z.+-]*$') { throw "$tag is no version" }

    Invoke-WebRequest -UseBasicParsing -Uri "$releases/download/$tag/checksums.txt" -OutFile "$temp\checksums.txt"
    $lines = @(Get-Content "$temp\checksums.txt" | Where-Object { ($_ -split '\s+')[1] -eq $archive })
    if ($lines.Count -ne 1 -or $lines[0] -notmatch '^[0-9a-f]{64} ') {
      throw "checksums.txt of $tag has no checksum of $archive"
    }
    $expected = $lines[0].Substring(0, 64)

    Invoke-WebRequest -UseBasicParsing -Uri "$releases/download/$tag/$archive" -OutFile "$temp\$archive"
    $actual = (Get-FileHash -Algorithm SHA256 "$temp\$archive").Hash.ToLowerInvariant()
    if ($actual -ne $expected) {
      throw "$archive is not what checksums.txt of $tag says: $actual instead of $expected"
    }

    Expand-Archive -Path "$temp\$archive" -DestinationPath "$temp\content"
    New-Item -ItemType Directory -Force -Path $directory | Out-Null
    Copy-Item "$temp\content\bentocloud.exe" $staged
    # Run it before it replaces a program that works.
    $version = & $staged --version
    if ($LASTEXITCODE -ne 0) { throw 'bentocloud does not run here' }
    Move-Item -Force $staged $target
    Write-Host "installed $version as $target"
    if (($env:Path -split ';') -notcontains $directory) {
      Write-Host "$directory is not in Path; add it in System Settings, Environment Variables"
    }
  }
  finally {
    Remove-Item -Recurse -Force $temp
    if (Test-Path $staged) { Remove-Item -Force $staged }
  }
}

Install-Bentocloud
