#!/usr/bin/env bash
# verify.sh UNITS PROGRAMS PREFIX: the units are clean, their users and folders are readable, their exposure is
# small. They are checked with the programs that were just built in place of those that will be installed.
set -euo pipefail
units=$1 programs=$2 prefix=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for unit in "$units"/*.service "$units"/*.socket "$units"/*.slice "$units"/*.timer; do
	[ -e "$unit" ] || continue
	sed -E "s#^(Exec[A-Za-z]+=[-+!]*)$prefix/s?bin/#\1$programs/#" "$unit" >"$work/${unit##*/}"
done
# A template is looked at as one of its instances.
for unit in "$work"/*@.service; do
	[ -e "$unit" ] && mv "$unit" "${unit%@.service}@edu-1.service"
done
said=$(SYSTEMD_UNIT_PATH="$work:" systemd-analyze verify --man=no "$work"/* 2>&1 | grep -F wenzheng || true)
[ -z "$said" ] || { printf 'systemd-analyze verify says:\n%s\n' "$said"; exit 1; }

# Ten times the figure that systemd-analyze gives at most. A worker's command may be anything.
for unit in "$work"/*.service; do
	case ${unit##*/} in
	wenzhengd.service) most=12 ;;
	*) most=20 ;;
	esac
	systemd-analyze security --offline=true --threshold=$most --no-pager "$unit" >"$work/said" ||
		{ cat "$work/said"; exit 1; }
	tail -n 1 "$work/said"
done

mkdir -p "$work/root/etc"
systemd-sysusers --root="$work/root" "$here/sysusers.conf" >/dev/null 2>&1
grep -q '^wenzheng:' "$work/root/etc/passwd"
systemd-tmpfiles --root="$work/root" --create "$here/tmpfiles.conf" "$here/tmpfiles-workers.conf"
[ "$(stat -c %a "$work/root/etc/wenzheng/keys")" = 700 ]
[ "$(stat -c %a "$work/root/etc/wenzheng-workers")" = 700 ]
echo "the units are clean"
