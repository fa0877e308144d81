#include "ctl/moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/language.h"

#define DATE_AND_TIME_SIZE 19 /* "2026-01-05T09:00:00" */

void moment_short(struct instant instant, char ret_text[static MOMENT_SHORT_SIZE])
{
	char text[CIVIL_INSTANT_SIZE];
	civil_print_instant(instant, MOMENT_OFFSET, text);
	memcpy(ret_text, text, MOMENT_SHORT_SIZE - 1);
	ret_text[MOMENT_SHORT_SIZE - 1] = '\0';
	ret_text[strlen("2026-01-05")] = ' ';
}

void moment_full(struct instant instant, char ret_text[static MOMENT_FULL_SIZE])
{
	REQUIRE(instant.us >= 0);
	char text[CIVIL_INSTANT_SIZE];
	char decimals[8] = "";
	int32_t fraction = (int32_t)(instant.us % US_PER_S);
	civil_print_instant(instant, MOMENT_OFFSET, text);
	if (fraction != 0)
		snprintf(decimals, sizeof(decimals), ".%06" PRId32, fraction);
	snprintf(ret_text, MOMENT_FULL_SIZE, "%.*s%s%s", DATE_AND_TIME_SIZE, text, decimals,
		text + DATE_AND_TIME_SIZE);
}

const char *moment_weekday(struct civil_date date)
{
	static const char *const names[] = {
		N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun")};
	return _(names[civil_weekday(date) - 1]);
}
