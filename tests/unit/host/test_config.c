#include "tests/unit/host/folder.h"

#include <syslog.h>

#include "base/buffer.h"
#include "daemon/host/config.h"

static const char nothing[] = "log_level: info\n"; /* a file must hold a key */

static struct config *load(const char *path)
{
	struct fault fault;
	struct config *config = config_load(path, &fault);
	if (!config)
		fail_msg("%s", fault.text);
	return config;
}

static void assert_in(const struct folder *folder, const char *path, const char *name)
{
	char expected[128];
	snprintf(expected, sizeof(expected), "%s/%s", folder->path, name);
	assert_string_equal(path, expected);
}

static void a_file_that_says_next_to_nothing_gives_every_default(void **state)
{
	(void)state;
	struct folder folder;
	folder_init(&folder);
	struct config *config = load(folder_write(&folder, "wenzhengd.yaml", nothing));
	assert_string_equal(config->endpoints[ZONE_PORTAL], "tcp://*:5701");
	assert_string_equal(config->endpoints[ZONE_WORKER], "tcp://*:5702");
	assert_string_equal(config->endpoints[ZONE_OPERATOR], "tcp://127.0.0.1:5703");
	assert_string_equal(config->store, "/var/lib/wenzheng/wenzheng.db");
	assert_string_equal(config->backup, "/var/lib/wenzheng/backup");
	assert_in(&folder, config->profile, "profile.yaml");
	assert_in(&folder, config->principals, "principals.yaml");
	assert_in(&folder, config->keys, "keys");
	assert_non_null(strstr(config->calendar, "/wenzheng/calendars/cn.ics"));
	assert_int_equal(config->overlays_count, 0);
	assert_int_equal(config->disk_reserve, INT64_C(256) * 1024 * 1024);
	assert_int_equal(config->log_level_max, LOG_INFO);
	assert_null(config->metrics_socket);
	assert_int_equal(config->metrics_port, 0);
	config_destroy(&config);
	assert_null(config);
	config_destroy(&config);
	folder_deinit(&folder);
}

static void what_is_said_is_taken_and_paths_begin_at_the_file(void **state)
{
	(void)state;
	struct folder folder;
	folder_init(&folder);
	struct config *config = load(folder_write(&folder, "c.yaml",
		"portal_endpoint: tcp://192.0.2.1:1\n"
		"worker_endpoint: \"tcp://[2001:db8::1]:2\"\n"
		"operator_endpoint: \"tcp://[::1]:3\"\n"
		"store: data/store.db\n"
		"backup: safe/place\n"
		"profile: /srv/place.yaml\n"
		"principals: ../who.yaml\n"
		"calendar: c.ics\n"
		"calendar_overlays: [north.ics, /srv/south.ics]\n"
		"keys: secret\n"
		"disk_reserve_mb: 1048576\n"
		"metrics_socket: run/metrics\n"
		"metrics_port: 65535\n"
		"log_level: debug\n"));
	assert_string_equal(config->endpoints[ZONE_PORTAL], "tcp://192.0.2.1:1");
	assert_string_equal(config->endpoints[ZONE_WORKER], "tcp://[2001:db8::1]:2");
	assert_string_equal(config->endpoints[ZONE_OPERATOR], "tcp://[::1]:3");
	assert_in(&folder, config->store, "data/store.db");
	assert_in(&folder, config->backup, "safe/place");
	assert_string_equal(config->profile, "/srv/place.yaml");
	assert_in(&folder, config->principals, "../who.yaml");
	assert_in(&folder, config->calendar, "c.ics");
	assert_int_equal(config->overlays_count, 2);
	assert_in(&folder, config->overlays[0], "north.ics");
	assert_string_equal(config->overlays[1], "/srv/south.ics");
	assert_in(&folder, config->keys, "secret");
	assert_int_equal(config->disk_reserve, INT64_C(1048576) * 1024 * 1024);
	assert_in(&folder, config->metrics_socket, "run/metrics");
	assert_int_equal(config->metrics_port, 65535);
	assert_int_equal(config->log_level_max, LOG_DEBUG);
	config_destroy(&config);
	folder_deinit(&folder);
}

static void systemd_says_where_the_store_is_unless_the_file_does(void **state)
{
	(void)state;
	static const struct {
		const char *environment, *store;
	} rows[] = {
		{"/srv/state", "/srv/state/wenzheng.db"},
		{"/srv/one:/srv/two", "/srv/one/wenzheng.db"},
		{"", "/var/lib/wenzheng/wenzheng.db"},
	};
	struct folder folder;
	folder_init(&folder);
	const char *silent = folder_write(&folder, "silent.yaml", nothing);
	const char *clear = folder_write(&folder, "clear.yaml", "store: /srv/clear.db\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(setenv("STATE_DIRECTORY", rows[i].environment, 1), 0);
		struct config *config = load(silent);
		assert_string_equal(config->store, rows[i].store);
		/* Beside it, wherever that is. */
		size_t beside = (size_t)(strrchr(config->store, '/') - config->store);
		assert_int_equal(strncmp(config->backup, config->store, beside), 0);
		assert_string_equal(config->backup + beside, "/backup");
		config_destroy(&config);
		config = load(clear);
		assert_string_equal(config->store, "/srv/clear.db");
		config_destroy(&config);
	}
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
	folder_deinit(&folder);
}

static void every_level_has_its_priority(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int priority;
	} rows[] = {
		{"log_level: error\n", LOG_ERR},
		{"log_level: warning\n", LOG_WARNING},
		{"log_level: notice\n", LOG_NOTICE},
		{"log_level: info\n", LOG_INFO},
		{"log_level: debug\n", LOG_DEBUG},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct folder folder;
		folder_init(&folder);
		struct config *config = load(folder_write(&folder, "c.yaml", rows[i].text));
		assert_int_equal(config->log_level_max, rows[i].priority);
		config_destroy(&config);
		folder_deinit(&folder);
	}
}

static void every_wrong_value_is_refused_where_it_stands(void **state)
{
	(void)state;
	static const struct {
		const char *text, *fault; /* after the path */
	} rows[] = {
		{"", ": is empty"},
		{"portal_endpoint: tcp://*\n", ":1:18: portal_endpoint: 'tcp://*' is not tcp://HOST:PORT"},
		{"worker_endpoint: ipc://x\n", ":1:18: worker_endpoint: 'ipc://x' is not"},
		{"operator_endpoint: tcp://*:5703\n",
			":1:20: operator_endpoint: 'tcp://*:5703' can be reached from other machines"},
		{"operator_endpoint: tcp://192.0.2.1:5703\n",
			":1:20: operator_endpoint: 'tcp://192.0.2.1:5703'"},
		{"operator_endpoint: tcp://localhost:5703\n",
			":1:20: operator_endpoint: 'tcp://localhost:5703'"},
		{"store: ''\n", ":1:8: store: is empty; leave the key out"},
		{"\n\n  profile:\n", ":3:11: profile: is empty"},
		{"principals: \"\"\n", ":1:13: principals: is empty"},
		{"calendar: ''\n", ":1:11: calendar: is empty"},
		{"calendar_overlays: [a, '']\n", ":1:24: calendar_overlays[1]: is empty"},
		{"calendar_overlays: a\n", ":1:20: calendar_overlays must be a list"},
		{"keys: ''\n", ":1:7: keys: is empty"},
		{"disk_reserve_mb: 0\n", ":1:18: disk_reserve_mb: '0' is not a number from 1 to 1048576"},
		{"disk_reserve_mb: 1048577\n", ":1:18: disk_reserve_mb: '1048577' is not"},
		{"disk_reserve_mb: -1\n", ":1:18: disk_reserve_mb: '-1' is not"},
		{"disk_reserve_mb: 256MB\n", ":1:18: disk_reserve_mb: '256MB' is not"},
		{"disk_reserve_mb: 99999999999999999999\n",
			":1:18: disk_reserve_mb: '99999999999999999999' is"},
		{"disk_reserve_mb:\n", ":1:17: disk_reserve_mb: is empty"},
		{"metrics_socket: ''\n", ":1:17: metrics_socket: is empty; leave the key out"},
		{"metrics_port: 65536\n", ":1:15: metrics_port: '65536' is not a number from 0 to 65535"},
		{"metrics_port: tcp://*:9100\n", ":1:15: metrics_port: 'tcp://*:9100' is not"},
		{"log_level: Info\n", ":1:12: log_level: 'Info' is not one of error, warning"},
		{"log_level: info\nfoo: 1\n", ":2:1: unknown key 'foo'; here may stand: portal_endpoint,"},
		{"keys: a\nlog_level: info\nkeys: b\n", ":3:1: key 'keys' is there twice, first in line 1"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct folder folder;
		struct fault fault = FAULT_NONE;
		folder_init(&folder);
		const char *path = folder_write(&folder, "c.yaml", rows[i].text);
		assert_null(config_load(path, &fault));
		size_t size = strlen(path);
		if (strncmp(fault.text, path, size) != 0 ||
			strncmp(fault.text + size, rows[i].fault, strlen(rows[i].fault)) != 0)
			fail_msg("row %zu: %s", i, fault.text);
		folder_deinit(&folder);
	}
}

static void what_is_too_long_or_too_many_is_refused_where_it_begins(void **state)
{
	(void)state;
	struct folder folder;
	struct fault fault;
	struct buffer text = BUFFER_NULL;
	folder_init(&folder);
	buffer_printf(&text, "keys: a\ncalendar_overlays:\n");
	for (int i = 0; i < 33; i++)
		buffer_printf(&text, "- %d.ics\n", i);
	assert_null(config_load(folder_write(&folder, "many.yaml", buffer_string(&text)), &fault));
	assert_non_null(strstr(fault.text, "many.yaml:35:3: calendar_overlays has more than 32 entries"));
	buffer_clear(&text);
	buffer_printf(&text, "store: %04097d\n", 0);
	assert_null(config_load(folder_write(&folder, "long.yaml", buffer_string(&text)), &fault));
	assert_non_null(strstr(fault.text, "long.yaml:1:8: store is longer than 4096 bytes"));
	buffer_deinit(&text);
	folder_deinit(&folder);
}

static void the_help_knows_every_key_with_range_and_default(void **state)
{
	(void)state;
	static const char *const said[] = {"portal_endpoint ", "default: tcp://*:5701", "worker_endpoint ",
		"default: tcp://*:5702", "operator_endpoint ", "a loopback address",
		"default: tcp://127.0.0.1:5703", "store ",
		"default: $STATE_DIRECTORY/wenzheng.db, else /var/lib/wenzheng/wenzheng.db", "backup ",
		"default: the folder backup beside the store", "profile ", "default: profile.yaml",
		"principals ", "default: principals.yaml", "calendar ", "calendar_overlays ",
		"at most 32 files", "default: none", "keys ", "default: keys", "disk_reserve_mb ",
		"1 to 1048576", "default: 256", "metrics_socket ", "default: none", "metrics_port ",
		"0 to 65535", "default: 0", "log_level ", "error, warning, notice, info, debug",
		"default: info"};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	config_print_help(out);
	assert_int_equal(fclose(out), 0);
	const char *at = text;
	for (size_t i = 0; i < COUNT_OF(said); i++) {
		at = strstr(at, said[i]);
		if (!at)
			fail_msg("the help does not say '%s' after what comes before it", said[i]);
	}
	free(text);
}

/* The example says the defaults; a changed default must not leave it behind. */
static void the_example_is_the_defaults_written_down(void **state)
{
	(void)state;
	struct folder folder;
	folder_init(&folder);
	struct config *example = load("profiles/wenzhengd.yaml.example");
	struct config *silent = load(folder_write(&folder, "c.yaml", nothing));
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		assert_string_equal(example->endpoints[zone], silent->endpoints[zone]);
	assert_string_equal(example->store, silent->store);
	assert_string_equal(example->backup, silent->backup);
	assert_string_equal(strrchr(example->profile, '/'), strrchr(silent->profile, '/'));
	assert_string_equal(strrchr(example->principals, '/'), strrchr(silent->principals, '/'));
	assert_string_equal(example->calendar, silent->calendar);
	assert_int_equal(example->overlays_count, 0);
	assert_string_equal(strrchr(example->keys, '/'), strrchr(silent->keys, '/'));
	assert_int_equal(example->disk_reserve, silent->disk_reserve);
	assert_null(example->metrics_socket);
	assert_int_equal(example->metrics_port, silent->metrics_port);
	assert_int_equal(example->log_level_max, silent->log_level_max);
	config_destroy(&example);
	config_destroy(&silent);
	folder_deinit(&folder);
}

static int start(void **state)
{
	(void)state;
	digest_start();
	return unsetenv("STATE_DIRECTORY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_says_next_to_nothing_gives_every_default),
		cmocka_unit_test(what_is_said_is_taken_and_paths_begin_at_the_file),
		cmocka_unit_test(systemd_says_where_the_store_is_unless_the_file_does),
		cmocka_unit_test(every_level_has_its_priority),
		cmocka_unit_test(every_wrong_value_is_refused_where_it_stands),
		cmocka_unit_test(what_is_too_long_or_too_many_is_refused_where_it_begins),
		cmocka_unit_test(the_help_knows_every_key_with_range_and_default),
		cmocka_unit_test(the_example_is_the_defaults_written_down),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
