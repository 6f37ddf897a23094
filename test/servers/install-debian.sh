#!/bin/sh
# Installs Debian packages for a program that tests need, and starts none of the services they bring.
# Runs under a lock. $1: the program, which a faster worker may have installed meanwhile; $2...: the packages.
set -eu
program=$1
shift

if command -v "$program" >/dev/null; then exit 0; fi

# Debian's own way to keep a package from starting its service: 101 forbids. A policy that is already there stays in charge.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] && [ -w "${policy%/*}" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

# Lists that are a little old serve as well: what counts is whether the installation succeeds.
apt-get update -qq || true
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
