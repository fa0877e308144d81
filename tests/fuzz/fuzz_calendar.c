#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "calendar/ical.h"
#include "calendar/workdays.h"

/*
 * Any text as a calendar and as an overlay: it is read or refused with a reason, and a table that was made
 * answers the same by its prefix sums as by walking.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char base_text[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nDURATION:P3D\n"
				"SUMMARY:off\nCATEGORIES:HOLIDAY\nEND:VEVENT\nEND:VCALENDAR\n";

static void check_table(struct workdays **workdays, const struct fault *fault)
{
	if (!*workdays) {
		ENSURE(fault->text[0] != '\0');
		return;
	}
	struct civil_date from = workdays_coverage_from(*workdays), date = from;
	ENSURE(!civil_before(workdays_horizon(*workdays), from));
	for (int32_t walked = 0, counted = 0; walked < 500; walked++) {
		date = civil_plus(date, 1);
		counted += workdays_is_workday(*workdays, date);
		ENSURE(workdays_count_between(*workdays, from, date) == counted);
		if (counted > 0 && workdays_is_workday(*workdays, date))
			ENSURE(civil_equal(workdays_add(*workdays, from, counted), date));
	}
	workdays_destroy(workdays);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	digest_start();
	struct fault fault = FAULT_NONE;
	struct workdays *base = workdays_read_ical(base_text, sizeof(base_text) - 1, "base", &fault);
	ENSURE(base);
	struct workdays *over = workdays_overlay_ical(base, (const char *)data, size, "over", &fault);
	check_table(&over, &fault);
	workdays_destroy(&base);
	fault = FAULT_NONE;
	struct workdays *alone = workdays_read_ical((const char *)data, size, "alone", &fault);
	check_table(&alone, &fault);
	return 0;
}
