#!/usr/bin/env bash
# Unpacks the real peer programs from Debian's packages into a folder, without installing anything system-wide.
#
#   install-peers.sh [--engines] [DIR]   default DIR: ${SIGNET_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/signet-peers}
#
# Afterwards DIR/bin has: cosign (3), cosign2, notation, oras, crane, docker-registry, rekor-cli, skopeo;
# with --engines also: containerd, ctr, runc, dockerd, docker (28, the last with `docker trust`), notary, notary-server,
# notary-signer (the real Docker Content Trust server and client), and python-tuf in DIR/python (PYTHONPATH=DIR/python).
# Idempotent: does nothing where DIR/bin is complete. Needs apt-get, dpkg and a Debian mirror in apt's own sources (no root).
set -euo pipefail
engines=no; [ "${1:-}" = --engines ] && { engines=yes; shift; }
dir=${1:-${SIGNET_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/signet-peers}}
base="cosign cosign2 notation oras crane docker-registry rekor-cli"
images="skopeo"
extra="containerd ctr containerd-shim-runc-v2 runc dockerd docker notary notary-server notary-signer"
want="$base $images"; [ $engines = yes ] && want="$want $extra"
have() { for b in $1; do [ -x "$dir/bin/$b" ] || return 1; done; }
have "$want" && { echo "peers are in $dir/bin"; exit 0; }

mkdir -p "$dir/bin"; dir=$(cd "$dir" && pwd)
# The mirror that this machine's apt already uses, and the suite that it runs.
mirror=$( (cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '$1=="deb"{for(i=2;i<=NF;i++) if($i ~ /^https?:/){print $i; exit}}';
           cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '/^URIs:/{print $2; exit}') | grep -v security | head -1 )
[ -n "$mirror" ] || { echo "install-peers: no Debian mirror in apt's sources" >&2; exit 1; }
native=$(. /etc/os-release; echo "${VERSION_CODENAME:-bookworm}")

fetch() { # fetch SUITE PACKAGE...: download and unpack into $dir/SUITE
  local suite=$1; shift
  local w=$dir/.apt-$suite; mkdir -p "$w/lists/partial" "$w/debs" "$dir/$suite"; chmod 755 "$w" "$w/debs"
  echo "deb $mirror $suite main" > "$w/sources.list"
  local o=(-o Dir::Etc::sourcelist="$w/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$w/lists"
           -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
  apt-get "${o[@]}" -qq update
  (cd "$w/debs" && apt-get "${o[@]}" -qq download "$@")
  for d in "$w"/debs/*.deb; do dpkg -x "$d" "$dir/$suite"; done
  rm -rf "$w"
}
link() { local suite=$1 b; shift; for b in "$@"; do for s in bin sbin; do [ -x "$dir/$suite/usr/$s/$b" ] && ln -sf "../$suite/usr/$s/$b" "$dir/bin/$b"; done; done; return 0; }
have "$base" || {
  fetch sid cosign notation oras crane docker-registry rekor; link sid cosign notation oras crane docker-registry rekor-cli
  fetch trixie cosign; ln -sf ../trixie/usr/bin/cosign "$dir/bin/cosign2"
}
# Built against a newer C library than old machines have: it brings its own, and its loader.
have "$images" || {
  fetch trixie skopeo libc6 libgpgme11t64 libassuan9 libgpg-error0 libsqlite3-0
  lib=$(dirname "$(find "$dir/trixie/usr/lib" -name 'libgpgme.so.11' | head -1)")
  loader=$(find "$dir/trixie/usr/lib" -name 'ld-linux*.so.*' | head -1)
  printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$lib" "$dir/trixie/usr/bin/skopeo" > "$dir/bin/skopeo"
  chmod +x "$dir/bin/skopeo"
}
[ $engines = no ] || have "$extra" || {
  fetch sid containerd docker.io docker-cli; link sid containerd ctr containerd-shim-runc-v2 dockerd docker
  fetch "$native" runc; link "$native" runc
  fetch trixie notary python3-tuf python3-securesystemslib; link trixie notary notary-server notary-signer
  ln -sfn trixie/usr/lib/python3/dist-packages "$dir/python"
}
for b in $want; do [ -x "$dir/bin/$b" ] || { echo "install-peers: $b is missing" >&2; exit 1; }; done
echo "peers are in $dir/bin"
