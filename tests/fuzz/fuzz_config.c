#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/assert.h"
#include "daemon/host/config.h"
#include "daemon/host/config_endpoint.h"
#include "tests/fuzz/feed.h"

/*
 * Any text as wenzhengd.yaml: refused with a place and a reason, or a configuration in which every path
 * stands, every endpoint is one, operators are let in from this machine alone, and every number is within its
 * bounds.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_endpoints(const struct config *config)
{
	for (enum zone zone = 0; zone < ZONE_END; zone++) {
		struct fault fault;
		ENSURE(config_endpoint_check("e", config->endpoints[zone],
			zone == ZONE_OPERATOR ? CONFIG_ENDPOINT_LOOPBACK : CONFIG_ENDPOINT_ANYWHERE, &fault));
	}
	const char *operators = config->endpoints[ZONE_OPERATOR];
	ENSURE(strncmp(operators, "tcp://127.", 10) == 0 || strncmp(operators, "tcp://[", 7) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed_file file = feed_file_of(span_of(data, size), 0600);
	struct fault fault = FAULT_NONE;
	struct config *config = config_load(file.path, &fault);
	if (config) {
		const char *paths[] = {
			config->store, config->profile, config->principals, config->calendar, config->keys};
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
			ENSURE(paths[i] && paths[i][0] == '/');
		for (unsigned i = 0; i < config->overlays_count; i++)
			ENSURE(config->overlays[i] && *config->overlays[i]);
		check_endpoints(config);
		ENSURE(config->disk_reserve >= 1024 * 1024 && config->log_level_max >= LOG_ERR &&
			config->log_level_max <= LOG_DEBUG);
		config_destroy(&config);
	} else {
		ENSURE(strncmp(fault.text, file.path, strlen(file.path)) == 0);
	}
	feed_file_close(&file);
	return 0;
}
