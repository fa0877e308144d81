#ifndef WENZHENG_CTL_WORDS_H
#define WENZHENG_CTL_WORDS_H

#include "base/span.h"

/* Words of the protocol, as people read them. One that is not known stays as it is. */
enum words { WORDS_STATE, WORDS_EVENT, WORDS_NOTE, WORDS_REPLY, WORDS_CUSTODY, WORDS_PART, WORDS_TOTAL };

/* Points into the catalogue, or is the word itself. */
struct span words_say(enum words kind, struct span word);

/* A term, as "3 workday". Cut at the array's end. */
#define WORDS_TERM_SIZE 64
const char *words_say_term(struct span term, char ret_text[static WORDS_TERM_SIZE]);

/* A day of a deadline, "ROLE: KIND NAME (not published)", whose name is the notice's own; cut at the array's
 * end. */
#define WORDS_DAY_SIZE 256
void words_say_day(struct span text, char ret_text[static WORDS_DAY_SIZE]);

#endif
