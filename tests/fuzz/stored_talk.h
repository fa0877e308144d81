#ifndef WENZHENG_TESTS_FUZZ_STORED_TALK_H
#define WENZHENG_TESTS_FUZZ_STORED_TALK_H

#include "daemon/host/config.h"
#include "daemon/store/store.h"

/*
 * Some days of a place: a new shell on this store, portals, workers, triage, a supervisor and an operator who
 * say what such people say and ask all there is to ask, and time that passes. Every frame the daemon sends
 * must be one that the protocol allows; the core's invariants must hold after every turn. True if the shell
 * came up and lived to its end.
 */
bool stored_talk(struct store *store, const struct policy *policy);

/* The text of principals.yaml that goes with it: who speaks, with keys made of one letter each. */
#define STORED_TALK_KEY(letter) letter letter letter letter letter letter letter letter letter letter
#define STORED_TALK_LINE(name, role, letter, more)                                                          \
	"- {name: " name ", role: " role ", key: \"" STORED_TALK_KEY(letter letter letter letter) "\"" more \
												  "}\n"
#define STORED_TALK_PRINCIPALS                                                               \
	"principals:\n" STORED_TALK_LINE("web", "portal", "1", "")                           \
		STORED_TALK_LINE("edu-a", "worker", "2", ", departments: [edu]")             \
			STORED_TALK_LINE("water-a", "worker", "3", ", departments: [water]") \
				STORED_TALK_LINE("inspector", "supervisor", "4", "")         \
					STORED_TALK_LINE("desk", "triage", "5", "")          \
						STORED_TALK_LINE("ops", "operator", "6", "")

#endif
