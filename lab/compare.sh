#!/usr/bin/env bash
# Our daemon beside the bench prototype (ROUTER with group commit into SQLite, no CURVE, no rules, no journal) in one
# and the same run, interleaved, so that what else the machine does meets both.
#
#   lab/compare.sh BIN-FOLDER [PROTOTYPE-FOLDER]
#
# BIN-FOLDER is a release build's bin/; PROTOTYPE-FOLDER holds proto/ and common.h (default ../shared/bench). REPS,
# WINDOWS, N1 and N (messages at one in flight, and at more) may be set. Prints every run, then the medians and the
# median of the ratios of neighbours. Everything is written below TMPDIR, on whose disk the figures depend.
set -euo pipefail

bin=$(realpath "${1:?usage: lab/compare.sh BIN-FOLDER [PROTOTYPE-FOLDER]}")
root=$(realpath "$(dirname "$0")/..")
bench=$(realpath "${2:-$root/../shared/bench}")
reps=${REPS:-3} windows=${WINDOWS:-1 64} n1=${N1:-3000} n=${N:-30000}
profile=$root/profiles/guangdong.yaml
work=$(mktemp -d "${TMPDIR:-/tmp}/wenzheng-compare-XXXXXX")
server=

stop_server() {
	[ -n "$server" ] || return 0
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	server=
}

clean_up() {
	stop_server
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

mkdir -p "$work/src"
cp -r "$bench/common.h" "$bench/Makefile" "$bench/proto" "$bench/peers" "$work/src/"
chmod -R u+w "$work/src"
make -s -C "$work/src" proto/proto proto/pbench

wait_for_port() {
	for _ in $(seq 300); do
		(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
		read -rt 0.02 <> <(:) || true
	done
	echo "port $1 does not open" >&2
	return 1
}

run_prototype() { # test window count
	rm -rf "$work/proto"
	STORE=sqlite "$work/src/proto/proto" "$work/proto" &
	server=$!
	wait_for_port 15556
	PEER=proto SRV_PID=$server "$work/src/proto/pbench" "$1" "$2" "$3" 60
	stop_server
}

run_ours() {
	"$bin/wenzheng-bench" "$1" "$2" "$3" --self --profile "$profile"
}

for rep in $(seq "$reps"); do
	for window in $windows; do
		for test in pub rt; do
			count=$n
			[ "$window" -gt 1 ] || count=$n1
			# Who goes first changes from turn to turn.
			if [ $((rep % 2)) -eq 1 ]; then
				run_ours "$test" "$window" "$count"
				run_prototype "$test" "$window" "$count"
			else
				run_prototype "$test" "$window" "$count"
				run_ours "$test" "$window" "$count"
			fi
		done
	done
done | tee "$work/runs"

awk '
function median(list,    values, count, i, j, t) {
	count = split(list, values, " ")
	for (i = 1; i <= count; i++)
		for (j = i + 1; j <= count; j++)
			if (values[j] + 0 < values[i] + 0) { t = values[i]; values[i] = values[j]; values[j] = t }
	return values[int((count + 1) / 2)]
}
{
	for (i = 1; i <= NF; i++) { split($i, pair, "="); field[pair[1]] = pair[2] }
	key = field["test"] " " field["W"]
	if (!(key in known)) { known[key] = 1; keys[++total] = key }
	all[key, field["peer"]] = all[key, field["peer"]] " " field["rate"]
	rate[field["peer"]] = field["rate"]
	if (++lines % 2 == 0)
		ratios[key] = ratios[key] " " rate["wenzhengd"] / rate["proto"]
}
END {
	printf "\n%-5s %5s %12s %12s %8s\n", "test", "W", "wenzhengd/s", "proto/s", "ratio"
	for (i = 1; i <= total; i++) {
		split(keys[i], part, " ")
		printf "%-5s %5s %12.0f %12.0f %8.2f\n", part[1], part[2], median(all[keys[i], "wenzhengd"]),
			median(all[keys[i], "proto"]), median(ratios[keys[i]])
	}
}' "$work/runs"
