#!/usr/bin/env bash
# verify.sh UNIT PROGRAM INSTALLED: the unit is clean, its users and folders are readable, its exposure is small.
# The unit is checked with the program that was just built in place of the one that will be installed.
set -euo pipefail
unit=$1 program=$2 installed=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s|^ExecStart=$installed|ExecStart=$program|" "$unit" >"$work/wenzhengd.service"
said=$(systemd-analyze verify --man=no "$work/wenzhengd.service" 2>&1 | grep -F wenzhengd.service || true)
[ -z "$said" ] || { printf 'systemd-analyze verify says:\n%s\n' "$said"; exit 1; }
systemd-analyze security --offline=true --threshold=20 --no-pager "$work/wenzhengd.service" | tail -n 1
mkdir -p "$work/root/etc"
for name in wenzheng-backup.service wenzheng-backup.timer; do
	sed "s|^ExecStart=$installed|ExecStart=$program|" "$(dirname "$unit")/$name" >"$work/$name"
done
said=$(systemd-analyze verify --man=no "$work"/wenzheng-backup.{service,timer} 2>&1 | grep -F wenzheng-backup || true)
[ -z "$said" ] || { printf 'systemd-analyze verify says:\n%s\n' "$said"; exit 1; }
systemd-analyze security --offline=true --threshold=20 --no-pager "$work/wenzheng-backup.service" | tail -n 1
systemd-sysusers --root="$work/root" "$here/sysusers.conf" >/dev/null 2>&1
grep -q '^wenzheng:' "$work/root/etc/passwd"
systemd-tmpfiles --root="$work/root" --create "$here/tmpfiles.conf"
[ "$(stat -c %a "$work/root/etc/wenzheng/keys")" = 700 ]
echo "the unit is clean"
