#ifndef WENZHENG_CTL_MOMENT_H
#define WENZHENG_CTL_MOMENT_H

#include "base/instant.h"
#include "calendar/civil.h"

/* Times as wenzhengctl shows them: at +08:00, where all places are. */
#define MOMENT_OFFSET UTC_OFFSET_CHINA

/* "2026-01-05 09:00", for people. */
#define MOMENT_SHORT_SIZE 17
void moment_short(struct instant instant, char ret_text[static MOMENT_SHORT_SIZE]);

/* RFC 3339, for programs: "2026-01-05T09:00:00+08:00", with six decimals unless they are all zero. */
#define MOMENT_FULL_SIZE 33
void moment_full(struct instant instant, char ret_text[static MOMENT_FULL_SIZE]);

/* "Mon" … "Sun". */
const char *moment_weekday(struct civil_date date);

#endif
