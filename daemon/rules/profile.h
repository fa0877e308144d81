#ifndef WENZHENG_RULES_PROFILE_H
#define WENZHENG_RULES_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/span.h"
#include "calendar/deadline.h"

/*
 * A profile (方案): one place's policy. Immutable once made; the daemon swaps whole profiles on reload.
 *
 * `struct profile_source` is what a file says, word for word: NULL for a key that is absent. profile_new
 * checks every word and compiles it; its fault names the key by its path (`rules[3].department: …`). It reads
 * no file.
 */
struct profile_source_department {
	const char *id;
	const char *name;
	const char *placeholder; /* "yes": no source names it; shown as such */
};

struct profile_source_class {
	const char *id;	    /* "ordinary", "major" */
	const char *name;   /* 一般, 重大疑难 */
	const char *within; /* "3 workday", "48 hour", "3 day_roll", "none" */
};

struct profile_source_rule {
	const char *name;
	/* Every condition given must hold; of the words in one list any may. A rule without conditions always
	 * holds. */
	const char **category;
	unsigned category_count;
	const char **keyword; /* stands in title or body, byte for byte */
	unsigned keyword_count;
	const char **region;
	unsigned region_count;
	const char *department;
	const char *class; /* optional */
};

struct profile_source_rung {
	const char *at;	  /* "due", or "N workday before", "N workday after" the due date */
	const char *time; /* "09:00", the default; not with "due" */
};

struct profile_source {
	const char *id;
	const char *name;
	const char *utc_offset; /* "+08:00" */
	const char *identity;	/* office_account, real_name, real_name_department */
	const char *display;	/* "广东省{department}网络发言人" */
	const struct profile_source_department *departments;
	unsigned departments_count;
	const struct profile_source_class *classes;
	unsigned classes_count;
	const char *default_class;
	const struct profile_source_rule *rules;
	unsigned rules_count;
	/* Absent: the default ladder, a reminder at 09:00 of the last working day before the due date and
	 * rungs at the due moment and at 09:00 of the 2nd and 5th working day after the due date. */
	const struct profile_source_rung *reminder; /* `at: none` for no reminder */
	const struct profile_source_rung *rungs;    /* in the order in which they go off; never none */
	unsigned rungs_count;
	const char *nonworkday_receipt;	  /* as_received (default), next_workday */
	const char *after_hours_receipt;  /* same_day (default), next_workday */
	const char *close_of_business;	  /* "17:30" */
	const char *due_moment;		  /* end_of_day (default), close_of_business */
	const char *makeup_day_counts;	  /* yes (default), no */
	const char *due_may_move_earlier; /* no (default), yes */
	const char *returns_per_case;	  /* default 1; then triage rules, and its ruling is final */
	const char *lease;		  /* seconds, default 30 */
	const char *heartbeat;		  /* seconds, default 5 */
	const char *messages_per_minute;  /* of one portal, default 6000000 */
};

/* In whose name a department speaks (promise 10: there is no private person among them). */
enum profile_identity {
	PROFILE_OFFICE_ACCOUNT,	      /* the office's account; the default */
	PROFILE_REAL_NAME,	      /* the office holder's */
	PROFILE_REAL_NAME_DEPARTMENT, /* the department's own */
	PROFILE_IDENTITY_END
};

const char *profile_identity_name(enum profile_identity identity);

struct profile_department {
	char id[DEPARTMENT_ID_SIZE_MAX + 1];
	char name[DISPLAY_NAME_SIZE_MAX + 1];
	bool placeholder;
};

struct profile_class {
	char id[CLASS_NAME_SIZE_MAX + 1];
	char name[DISPLAY_NAME_SIZE_MAX + 1];
	bool has_deadline;
	struct deadline_within within;
};

enum rung_anchor {
	RUNG_AT_DUE,
	RUNG_BEFORE, /* workdays before the due date */
	RUNG_AFTER,  /* workdays after the due date */
};

struct profile_rung {
	enum rung_anchor anchor;
	int32_t workdays;
	int32_t seconds_of_day; /* local */
};

struct profile {
	char id[DEPARTMENT_ID_SIZE_MAX + 1];
	char name[DISPLAY_NAME_SIZE_MAX + 1];
	char display[DISPLAY_NAME_SIZE_MAX + 1];
	enum profile_identity identity;
	struct deadline_policy policy; /* offset, receipt and close-of-business rules */
	struct profile_department *departments;
	uint32_t departments_count;
	struct profile_class *classes;
	uint32_t classes_count;
	uint32_t default_class;
	struct profile_rule *rules; /* opaque: rules/routing.h decides with them */
	uint32_t rules_count;
	bool has_reminder;
	struct profile_rung reminder;
	struct profile_rung rungs[RUNGS_MAX]; /* rungs[0] is rung 1; at or after the due moment, ascending */
	uint32_t rungs_count;
	bool due_may_move_earlier;
	uint32_t returns_per_case;
	int64_t lease_us;
	int64_t heartbeat_us;
	uint32_t messages_per_minute;
	struct digest digest; /* of everything above as given: says whether a reload changed anything */
};

/* NULL, with a fault that names the key and what is allowed, if anything is wrong. Copies all it needs. */
struct profile *profile_new(const struct profile_source *source, struct fault *fault);
void profile_destroy(struct profile **self);

/* NULL if the profile has none of that id. */
const struct profile_department *profile_find_department(const struct profile *self, struct span id);
const struct profile_class *profile_find_class(const struct profile *self, struct span id);

/* The name under which a department's replies stand: `display` with the department's name in its place. */
#define PROFILE_DISPLAY_PLACE "{department}"
#define PROFILE_DISPLAY_SIZE  (SIGNATURE_SIZE_MAX + 1)
void profile_display_name(const struct profile *self, const struct profile_department *department,
	char ret_name[static PROFILE_DISPLAY_SIZE]);

/* The moment of a rung for a due moment: RUNG_AT_DUE is the due moment itself. */
struct instant profile_rung_moment(const struct profile *self, const struct profile_rung *rung,
	const struct workdays *workdays, struct instant due, struct civil_date due_date);

#endif
