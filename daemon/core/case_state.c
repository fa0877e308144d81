#include "base/assert.h"
#include "daemon/core/case.h"

static const struct {
	const char *name;
	bool to[CASE_STATE_END];
} states[CASE_STATE_END] = {
	[CASE_NONE] = {.name = "none", .to = {[CASE_TRIAGE] = true, [CASE_QUEUED] = true}},
	[CASE_TRIAGE] = {.name = "triage", .to = {[CASE_QUEUED] = true}},
	/* From the queue of a department that is no more, by way of triage to another. */
	[CASE_QUEUED] = {.name = "queued", .to = {[CASE_OFFERED] = true, [CASE_TRIAGE] = true}},
	[CASE_OFFERED] = {.name = "offered",
		.to = {[CASE_QUEUED] = true, [CASE_TAKEN] = true, [CASE_TRIAGE] = true}},
	/* An interim reply is a step from TAKEN to TAKEN. */
	[CASE_TAKEN] = {.name = "taken",
		.to = {[CASE_TAKEN] = true,
			[CASE_QUEUED] = true,
			[CASE_TRIAGE] = true,
			[CASE_ANSWERED] = true}},
	[CASE_ANSWERED] = {.name = "answered"},
};

const char *case_state_name(enum case_state state)
{
	REQUIRE(state >= CASE_NONE && state < CASE_STATE_END);
	ENSURE(states[state].name);
	return states[state].name;
}

bool case_state_parse(struct span name, enum case_state *ret_state)
{
	REQUIRE(ret_state);
	/* Nobody asks for cases that are not there: "none" is no word of the outside. */
	for (enum case_state state = CASE_NONE + 1; state < CASE_STATE_END; state++) {
		if (!span_equal_string(name, states[state].name))
			continue;
		*ret_state = state;
		return true;
	}
	return false;
}

bool case_state_may(enum case_state from, enum case_state to)
{
	REQUIRE(from >= CASE_NONE && from < CASE_STATE_END);
	REQUIRE(to >= CASE_NONE && to < CASE_STATE_END);
	return states[from].to[to];
}
