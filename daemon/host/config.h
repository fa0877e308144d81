#ifndef WENZHENG_HOST_CONFIG_H
#define WENZHENG_HOST_CONFIG_H

#include <stdio.h>

#include "base/digest.h"
#include "base/fault.h"
#include "calendar/workdays.h"
#include "daemon/rules/principals.h"
#include "daemon/rules/profile.h"
#include "wire/keys.h"

#define CONFIG_PATH_DEFAULT "/etc/wenzheng/wenzhengd.yaml"

/*
 * wenzhengd.yaml, checked. The keys with their defaults and meaning are the table in config.c, which
 * config_print_help prints. Paths that do not begin with a slash are relative to the file's folder.
 */
struct config {
	char *endpoints[ZONE_END];
	char *store;
	char *profile;
	char *principals;
	char *calendar;
	char **overlays;
	unsigned overlays_count;
	char *keys;	      /* folder; $CREDENTIALS_DIRECTORY comes first */
	int64_t disk_reserve; /* bytes */
	int log_level_max;    /* syslog priority */
};

/* NULL with a fault naming file, line and column. */
struct config *config_load(const char *path, struct fault *fault);
void config_destroy(struct config **self);
void config_print_help(FILE *out);

/* What may change while the daemon runs: read whole, or not at all. */
struct policy {
	struct profile *profile;
	struct principals *principals;
	struct workdays *workdays;
};

bool policy_load(const struct config *config, struct policy *ret_policy, struct fault *fault);
void policy_deinit(struct policy *self);

/* The two secrets. The caller wipes them. Files: wenzhengd.key_secret, query-code.key (64 hex digits). */
bool config_load_secrets(const struct config *config, struct wire_key_pair *ret_pair,
	struct digest_key *ret_query_code, struct fault *fault);

/* `wenzhengd --check-config`: loads everything, prints what is in force and warnings. True if the daemon
 * would start. */
bool config_check(const char *path, FILE *out);

#endif
