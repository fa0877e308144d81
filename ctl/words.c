#include "ctl/words.h"

#include <stdio.h>

#include "base/language.h"

static const char *const states[] = {
	C_("state", "triage"),
	C_("state", "queued"),
	C_("state", "offered"),
	C_("state", "taken"),
	C_("state", "answered"),
	C_("state", "draining"),
	NULL,
};

static const char *const events[] = {
	C_("event", "accepted"),
	C_("event", "routed"),
	C_("event", "triaged"),
	C_("event", "offered"),
	C_("event", "requeued"),
	C_("event", "taken"),
	C_("event", "replied"),
	C_("event", "returned"),
	C_("event", "failed"),
	C_("event", "parked"),
	C_("event", "assigned"),
	C_("event", "reminded"),
	C_("event", "escalated"),
	C_("event", "due"),
	C_("event", "alarm"),
	C_("event", "contact"),
	C_("event", "contact-opened"),
	NULL,
};

/* Of an alarm, and of a due moment that was moved. */
static const char *const notes[] = {
	C_("alarm", "clock-held"),
	C_("alarm", "clock-resumed"),
	C_("alarm", "parked"),
	C_("alarm", "damaged"),
	C_("alarm", "disk-low"),
	C_("alarm", "disk-ok"),
	C_("alarm", "configured"),
	C_("due", "recounted"),
	NULL,
};

static const char *const replies[] = {
	C_("reply", "final"),
	C_("reply", "interim"),
	C_("reply", "refusal"),
	NULL,
};

static const char *const custodies[] = {
	C_("custody", "department"),
	C_("custody", "process"),
	NULL,
};

static const char *const parts[] = {
	C_("part", "profile"),
	C_("part", "principals"),
	C_("part", "calendar"),
	NULL,
};

static const char *const *const tables[WORDS_TOTAL] = {
	[WORDS_STATE] = states,
	[WORDS_EVENT] = events,
	[WORDS_NOTE] = notes,
	[WORDS_REPLY] = replies,
	[WORDS_CUSTODY] = custodies,
	[WORDS_PART] = parts,
};

static const char *english_of(const char *marked)
{
	return strchr(marked, '\004') + 1;
}

struct span words_say(enum words kind, struct span word)
{
	for (const char *const *marked = tables[kind]; *marked; marked++)
		if (span_equal_string(word, english_of(*marked)))
			return span_of_string(language_word(*marked));
	return word;
}

const char *words_say_term(struct span term, char ret_text[static WORDS_TERM_SIZE])
{
	static const char *const units[] = {N_(" workday"), N_(" day"), N_(" day_roll"), N_(" hour")};
	snprintf(ret_text, WORDS_TERM_SIZE, "%.*s", SPAN_PRINT(term));
	const char *blank = term.size > 0 ? memchr(term.data, ' ', term.size) : NULL;
	if (!blank)
		return ret_text;
	size_t size = (size_t)(blank - term.data);
	struct span unit = span_of(blank, term.size - size);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (span_equal_string(unit, units[i]))
			snprintf(ret_text, WORDS_TERM_SIZE, "%.*s%s", (int)size, term.data, _(units[i]));
	return ret_text;
}

/* ---- days ---- */

static const char *const roles[] = {
	C_("day", "receipt"),
	C_("day", "deferred"),
	C_("day", "counted"),
	C_("day", "skipped"),
	NULL,
};

static const char *const kinds[] = {
	C_("day", "weekday"),
	C_("day", "weekend"),
	C_("day", "holiday"),
	C_("day", "makeup"),
	NULL,
};

/* If a word of the table begins the text, and nothing or one of `ends` is behind it, moves the text behind
 * it. */
static const char *take_word(const char *const *table, const char *ends, struct span *text)
{
	for (; *table; table++) {
		size_t size = strlen(english_of(*table));
		if (text->size < size || memcmp(text->data, english_of(*table), size) != 0)
			continue;
		if (text->size > size && !strchr(ends, text->data[size]))
			continue;
		*text = span_of(text->data + size, text->size - size);
		return language_word(*table);
	}
	return NULL;
}

void words_say_day(struct span text, char ret_text[static WORDS_DAY_SIZE])
{
	static const char unpublished[] = " (not published)";
	const size_t unpublished_size = sizeof(unpublished) - 1;
	struct span rest = text;
	const char *role = take_word(roles, ":", &rest);
	if (role && rest.size >= 2)
		rest = span_of(rest.data + 2, rest.size - 2);
	const char *kind = role ? take_word(kinds, " ", &rest) : NULL;
	if (!kind) {
		snprintf(ret_text, WORDS_DAY_SIZE, "%.*s", SPAN_PRINT(text));
		return;
	}
	bool is_open = rest.size >= unpublished_size &&
		       memcmp(rest.data + rest.size - unpublished_size, unpublished, unpublished_size) == 0;
	if (is_open)
		rest.size -= unpublished_size;
	/* The role, the kind of day, its name with a blank before it, whether it is settled. */
	snprintf(ret_text, WORDS_DAY_SIZE, _("%s: %s%.*s%s"), role, kind, SPAN_PRINT(rest),
		is_open ? _(" (not published)") : "");
}
