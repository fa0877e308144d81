#include "daemon/rules/profile_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/utf8.h"

static bool missing(const char *key, struct fault *fault)
{
	return fault_set(fault, "%s: is missing", key);
}

bool parse_id(const char *key, const char *text, char *ret_id, size_t size, struct fault *fault)
{
	if (!text)
		return missing(key, fault);
	struct span id = span_of_string(text);
	bool good = id.size > 0 && id.size < size && id.data[0] != '-' && id.data[id.size - 1] != '-';
	for (size_t i = 0; good && i < id.size; i++)
		good = strchr("abcdefghijklmnopqrstuvwxyz0123456789-", id.data[i]) != NULL;
	if (!good)
		return fault_set(
			fault, "%s: '%.40s' must be 1 to %zu of a-z, 0-9 and -", key, text, size - 1);
	return span_copy(id, ret_id, size);
}

bool parse_name(const char *key, const char *text, char *ret_name, size_t size, struct fault *fault)
{
	if (!text)
		return missing(key, fault);
	struct span name = span_of_string(text);
	if (name.size == 0 || name.size >= size || !utf8_is_text(name, UTF8_ONE_LINE))
		return fault_set(fault, "%s: must be one line of 1 to %zu bytes of UTF-8", key, size - 1);
	return span_copy(name, ret_name, size);
}

bool parse_choice(const char *key, const char *text, const char *first, const char *second, bool *ret_second,
	struct fault *fault)
{
	bool is_second = text && strcmp(text, second) == 0;
	if (text && !is_second && strcmp(text, first) != 0)
		return fault_set(fault, "%s: '%.40s' is neither %s nor %s", key, text, first, second);
	*ret_second = is_second;
	return true;
}

bool parse_yes_no(const char *key, const char *text, bool otherwise, bool *ret_yes, struct fault *fault)
{
	if (!text) {
		*ret_yes = otherwise;
		return true;
	}
	return parse_choice(key, text, "no", "yes", ret_yes, fault);
}

bool parse_number(const char *key, const char *text, int64_t otherwise, int64_t low, int64_t high,
	int64_t *ret_number, struct fault *fault)
{
	if (!text) {
		*ret_number = otherwise;
		return true;
	}
	char *end;
	long long number = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || number < low || number > high)
		return fault_set(fault, "%s: '%.40s' is not a number from %lld to %lld", key, text,
			(long long)low, (long long)high);
	*ret_number = number;
	return true;
}

bool parse_seconds(
	const char *key, const char *text, int64_t otherwise_us, int64_t *ret_us, struct fault *fault)
{
	if (!text) {
		*ret_us = otherwise_us;
		return true;
	}
	unsigned whole = 0, thousandths = 0;
	int used = 0, point = 0;
	bool good = isdigit((unsigned char)*text) && strlen(text) <= 8;
	if (good)
		ENSURE(sscanf(text, "%4u%n", &whole, &used) == 1);
	if (good && text[used] == '.') {
		char digits[4] = "000";
		for (point = 1; point <= 3 && isdigit((unsigned char)text[used + point]); point++)
			digits[point - 1] = text[used + point];
		good = point > 1;
		thousandths = (unsigned)strtoul(digits, NULL, 10);
		used += point;
	}
	int64_t us = whole * US_PER_S + thousandths * US_PER_MS;
	if (!good || text[used] || us < 50 * US_PER_MS || us > 3600 * US_PER_S)
		return fault_set(fault, "%s: '%.40s' is not seconds from 0.05 to 3600", key, text);
	*ret_us = us;
	return true;
}

bool parse_time(const char *key, const char *text, int32_t *ret_seconds, struct fault *fault)
{
	REQUIRE(text);
	int32_t seconds = -1;
	if (strlen(text) == 5 && text[2] == ':' && isdigit((unsigned char)text[0]) &&
		isdigit((unsigned char)text[1]) && isdigit((unsigned char)text[3]) &&
		isdigit((unsigned char)text[4])) {
		int32_t hour = (text[0] - '0') * 10 + (text[1] - '0'),
			minute = (text[3] - '0') * 10 + (text[4] - '0');
		if (minute < 60)
			seconds = hour * 3600 + minute * 60;
	}
	if (seconds < 0 || seconds > SECONDS_PER_DAY)
		return fault_set(fault, "%s: '%.20s' is not a time of day from 00:00 to 24:00", key, text);
	*ret_seconds = seconds;
	return true;
}

bool parse_rung(const char *key, const struct profile_source_rung *source, struct profile_rung *ret_rung,
	struct fault *fault)
{
	char time_key[64], word[8] = "";
	unsigned workdays = 0;
	int used = 0;
	if (source->at && strcmp(source->at, "due") == 0) {
		if (source->time)
			return fault_set(fault, "%s.time: the due moment has its own time", key);
		*ret_rung = (struct profile_rung){.anchor = RUNG_AT_DUE};
		return true;
	}
	bool good = source->at && isdigit((unsigned char)*source->at) &&
		    sscanf(source->at, "%3u workday %6[a-z]%n", &workdays, word, &used) == 2 &&
		    !source->at[used] && workdays >= 1 && workdays <= DEADLINE_COUNT_MAX;
	bool before = strcmp(word, "before") == 0;
	if (!good || (!before && strcmp(word, "after") != 0))
		return fault_set(fault,
			"%s.at: '%.40s' is not \"due\", \"N workday before\" or \"N workday after\" (1 to %d)",
			key, source->at ? source->at : "", DEADLINE_COUNT_MAX);
	snprintf(time_key, sizeof(time_key), "%s.time", key);
	int32_t seconds;
	if (!parse_time(time_key, source->time ? source->time : "09:00", &seconds, fault))
		return false;
	*ret_rung = (struct profile_rung){before ? RUNG_BEFORE : RUNG_AFTER, (int32_t)workdays, seconds};
	return true;
}

/* ---- digest ---- */

static void add_word(struct buffer *bytes, const char *word)
{
	buffer_append_byte(bytes, word != NULL);
	buffer_append_prefixed(bytes, span_of_string(word));
}

static void add_words(struct buffer *bytes, const char **words, unsigned count)
{
	buffer_append_u32(bytes, count);
	for (unsigned i = 0; i < count; i++)
		add_word(bytes, words[i]);
}

static void add_rung(struct buffer *bytes, const struct profile_source_rung *rung)
{
	buffer_append_byte(bytes, rung != NULL);
	add_word(bytes, rung ? rung->at : NULL);
	add_word(bytes, rung ? rung->time : NULL);
}

static void add_lists(struct buffer *bytes, const struct profile_source *source)
{
	buffer_append_u32(bytes, source->departments_count);
	for (unsigned i = 0; i < source->departments_count; i++) {
		add_word(bytes, source->departments[i].id);
		add_word(bytes, source->departments[i].name);
		add_word(bytes, source->departments[i].placeholder);
	}
	buffer_append_u32(bytes, source->classes_count);
	for (unsigned i = 0; i < source->classes_count; i++) {
		add_word(bytes, source->classes[i].id);
		add_word(bytes, source->classes[i].name);
		add_word(bytes, source->classes[i].within);
	}
	buffer_append_u32(bytes, source->rules_count);
	for (unsigned i = 0; i < source->rules_count; i++) {
		const struct profile_source_rule *rule = &source->rules[i];
		add_word(bytes, rule->name);
		add_words(bytes, rule->category, rule->category_count);
		add_words(bytes, rule->keyword, rule->keyword_count);
		add_words(bytes, rule->region, rule->region_count);
		add_word(bytes, rule->department);
		add_word(bytes, rule->class);
	}
	add_rung(bytes, source->reminder);
	buffer_append_u32(bytes, source->rungs_count);
	for (unsigned i = 0; i < source->rungs_count; i++)
		add_rung(bytes, &source->rungs[i]);
}

struct digest profile_source_digest(const struct profile_source *source)
{
	const char *words[] = {source->id, source->name, source->utc_offset, source->identity,
		source->display, source->default_class, source->nonworkday_receipt,
		source->after_hours_receipt, source->close_of_business, source->due_moment,
		source->makeup_day_counts, source->due_may_move_earlier, source->returns_per_case,
		source->lease, source->heartbeat, source->messages_per_minute};
	struct buffer bytes = BUFFER_NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		add_word(&bytes, words[i]);
	add_lists(&bytes, source);
	struct digest digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return digest;
}
