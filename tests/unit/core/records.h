#ifndef WENZHENG_TESTS_UNIT_CORE_RECORDS_H
#define WENZHENG_TESTS_UNIT_CORE_RECORDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/core/core.h"

/* Compares every field of a record, those that must stay empty as well; `seq` is the store's. */
static inline void assert_record(const struct record *got, struct record want)
{
	assert_int_equal(got->kind, want.kind);
	assert_int_equal(got->at.us, want.at.us);
#define COMPARE_TEXT(name)                                                                      \
	if (!span_equal(got->name, want.name))                                                  \
		fail_msg("%s: " #name " is '%.*s' and not '%.*s'", record_kind_name(got->kind), \
			SPAN_PRINT(got->name), SPAN_PRINT(want.name));
#define COMPARE_NUMBER(name)                                                                \
	if (got->name != want.name)                                                         \
		fail_msg("%s: " #name " is %lld and not %lld", record_kind_name(got->kind), \
			(long long)got->name, (long long)want.name);
#define COMPARE_DIGEST(name)                       \
	if (!digest_equal(&got->name, &want.name)) \
		fail_msg("%s: another " #name, record_kind_name(got->kind));
#define X(name, type) COMPARE_##type(name)
	RECORD_FIELDS(X)
#undef X
}

/* Compares every field of a case's row. */
static inline void assert_row(const struct case_row *got, const struct case_row *want)
{
#define SAME(name)                                                                              \
	if (got->name != want->name)                                                            \
		fail_msg("case %lld: " #name " is %lld and not %lld", (long long)want->case_id, \
			(long long)got->name, (long long)want->name);
#define SAME_TEXT(name) assert_true(span_equal(got->name, want->name))
	SAME(case_id)
	SAME(state) SAME(received.us) SAME(due.us) SAME(due_date) SAME(due_version) SAME(provisional)
		SAME(fired) SAME(rung_reached) SAME(reminded) SAME(epoch) SAME(holder) SAME(process_custody)
			SAME(final_ruling) SAME(losses) SAME(returns) SAME(texts) SAME(taken.us)
				SAME(answered.us) SAME(reply_kind) SAME_TEXT(portal);
	SAME_TEXT(department);
	SAME_TEXT(class);
	SAME_TEXT(within);
	SAME_TEXT(holder_name);
	assert_true(digest_equal(&got->reply_digest, &want->reply_digest));
#undef SAME
#undef SAME_TEXT
}

#endif
