#include "tests/fuzz/stored.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "calendar/civil.h"
#include "daemon/host/config.h"
#include "daemon/host/verify.h"
#include "daemon/store/store_sqlite.h"
#include "tests/fuzz/stored_reads.h"
#include "tests/fuzz/stored_talk.h"

static struct {
	char folder[96];
	char store[128];
	char config[128];
	struct policy policy;
	struct buffer file;
	FILE *nowhere;
} place;

static const struct {
	const char *name;
	const char *text;
} files[] = {
	{"wenzhengd.yaml", "store: s.db\nprofile: p.yaml\nprincipals: who.yaml\ncalendar: c.ics\n"},
	{"p.yaml",
		"id: f\nname: 模\n"
		"departments: [{id: edu, name: 教育}, {id: water, name: 水务}]\n"
		"classes: [{id: ordinary, name: 一般, within: 3 workday}, {id: open, name: 不限, within: none}]\n"
		"rules: [{name: leak, keyword: [漏水], department: water}]\n"
		"reminder: {at: 1 workday before, time: \"09:00\"}\n"
		"rungs: [{at: due}, {at: 2 workday after, time: \"09:00\"}]\n"},
	{"who.yaml", STORED_TALK_PRINCIPALS},
	{"c.ics", "BEGIN:VCALENDAR\r\nX-CN-COVERAGE:2026\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\n"
		  "DURATION:P7D\r\nSUMMARY:国庆\r\nCATEGORIES:HOLIDAY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"},
};

static void write_bytes(const char *path, struct span bytes)
{
	CLEANUP(cleanup_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ENSURE(fd >= 0 && write(fd, bytes.size ? bytes.data : "", bytes.size) == (ssize_t)bytes.size);
}

static void read_bytes(const char *path, struct buffer *ret_bytes)
{
	char block[65536];
	ssize_t size;
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ENSURE(fd >= 0);
	while ((size = read(fd, block, sizeof(block))) > 0)
		buffer_append(ret_bytes, block, (size_t)size);
	ENSURE(size == 0);
}

static void remove_beside(const char *suffix)
{
	char path[160];
	snprintf(path, sizeof(path), "%s%s", place.store, suffix);
	unlink(path);
}

static void remove_folder(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", "-witness", ".lock"};
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		remove_beside(suffixes[i]);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", place.folder, files[i].name);
		unlink(path);
	}
	rmdir(place.folder);
	policy_deinit(&place.policy);
	buffer_deinit(&place.file);
	fclose(place.nowhere);
}

static void make_folder(void)
{
	const char *base = getenv("TMPDIR");
	snprintf(place.folder, sizeof(place.folder), "%.64s/wenzheng-fuzz-XXXXXX",
		base && *base ? base : "/tmp");
	ENSURE(mkdtemp(place.folder));
	snprintf(place.store, sizeof(place.store), "%s/s.db", place.folder);
	snprintf(place.config, sizeof(place.config), "%s/wenzhengd.yaml", place.folder);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", place.folder, files[i].name);
		write_bytes(path, span_of_string(files[i].text));
	}
	ENSURE((place.nowhere = fopen("/dev/null", "we")));
	ENSURE(atexit(remove_folder) == 0);
}

static void load_policy(void)
{
	struct fault fault = FAULT_NONE;
	struct config *config = config_load(place.config, &fault);
	if (!config || !policy_load(config, &place.policy, &fault))
		fprintf(stderr, "%s\n", fault.text);
	ENSURE(!*fault.text);
	config_destroy(&config);
}

static bool open_for_writing(struct store **ret_store)
{
	struct fault fault = FAULT_NONE;
	struct store_sqlite_options options = {.path = place.store, .created = {US_PER_DAY}};
	return store_sqlite_open(&options, &fault, ret_store) == 0;
}

const char *stored_start(void)
{
	struct store *store;
	if (place.file.size > 0)
		return place.store;
	digest_start();
	make_folder();
	load_policy();
	ENSURE(open_for_writing(&store));
	ENSURE(stored_talk(store, &place.policy));
	store->interface->destroy(&store);
	read_bytes(place.store, &place.file);
	ENSURE(verify_store(place.config, stderr));
	return place.store;
}

struct span stored_file(void)
{
	return buffer_span(&place.file);
}

void stored_put(struct span file, struct span wal)
{
	char path[160];
	remove_beside("-shm");
	remove_beside("-journal");
	remove_beside("-wal");
	remove_beside("-witness");
	write_bytes(place.store, file);
	snprintf(path, sizeof(path), "%s-wal", place.store);
	if (wal.size > 0)
		write_bytes(path, wal);
}

void stored_examine(void)
{
	struct store *store;
	struct fault fault = FAULT_NONE;
	(void)verify_store(place.config, place.nowhere);
	if (store_sqlite_open_read_only(place.store, &fault, &store) == 0) {
		stored_reads(store);
		store->interface->destroy(&store);
	}
	if (!open_for_writing(&store))
		return;
	stored_reads(store);
	(void)stored_talk(store, &place.policy);
	store->interface->destroy(&store);
}
