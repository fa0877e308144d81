#ifndef WENZHENG_HOST_CONFIG_H
#define WENZHENG_HOST_CONFIG_H

#include <stdio.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/seal.h"
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
	char *backup; /* folder */
	char *profile;
	char *principals;
	char *calendar;
	char **overlays;
	unsigned overlays_count;
	char *keys;	      /* folder; $CREDENTIALS_DIRECTORY comes first */
	int64_t disk_reserve; /* bytes */
	char *metrics_socket; /* NULL: none */
	int64_t metrics_port; /* of 127.0.0.1; 0: none */
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

/*
 * The keys of the daemon itself, by their files:
 *
 *	wenzhengd.key_secret	its CURVE pair
 *	query-code.key		what query codes are made with, 64 hex digits
 *	contact.key		public: what contact details are sealed to. The secret half,
 *contact.key_secret, is not for this machine
 */
struct config_secrets {
	struct wire_key_pair pair;
	struct digest_key query_code;
	struct seal_key contact;
};

/* The caller wipes them. */
bool config_load_secrets(
	const struct config *config, struct config_secrets *ret_secrets, struct fault *fault);
void config_secrets_wipe(struct config_secrets *self);

/* `wenzhengd --check-config`: loads everything, prints what is in force and warnings. True if the daemon
 * would start. */
bool config_check(const char *path, FILE *out);

#endif
