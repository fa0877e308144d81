#ifndef WENZHENG_RULES_PROFILE_PARSE_H
#define WENZHENG_RULES_PROFILE_PARSE_H

/* The words of a profile, one kind of value each. `key` is the path for the fault; NULL text is an absent
 * key. */

#include "daemon/rules/profile.h"

/* Required: [a-z0-9-], with a letter or digit first and last. */
bool parse_id(const char *key, const char *text, char *ret_id, size_t size, struct fault *fault);

/* Required: text of one line, not empty. */
bool parse_name(const char *key, const char *text, char *ret_name, size_t size, struct fault *fault);

bool parse_yes_no(const char *key, const char *text, bool otherwise, bool *ret_yes, struct fault *fault);

/* One of two words; the first is the default and gives false. */
bool parse_choice(const char *key, const char *text, const char *first, const char *second, bool *ret_second,
	struct fault *fault);

bool parse_number(const char *key, const char *text, int64_t otherwise, int64_t low, int64_t high,
	int64_t *ret_number, struct fault *fault);

/* Seconds with up to three decimals, "30" or "0.2", from 0.05 to 3600. */
bool parse_seconds(
	const char *key, const char *text, int64_t otherwise_us, int64_t *ret_us, struct fault *fault);

/* "HH:MM", 00:00 to 24:00, as seconds of the day. */
bool parse_time(const char *key, const char *text, int32_t *ret_seconds, struct fault *fault);

bool parse_rung(const char *key, const struct profile_source_rung *source, struct profile_rung *ret_rung,
	struct fault *fault);

/* BLAKE2b over every word of the source, absent ones told from empty ones. */
struct digest profile_source_digest(const struct profile_source *source);

#endif
