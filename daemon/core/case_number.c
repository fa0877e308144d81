#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/limits.h"
#include "daemon/core/case.h"

#define ID_DIGITS	14 /* YYYYMMDDNNNNNN */
#define DATE_DIGITS	8
#define SEQUENCE_DIGITS 6

static_assert(CASES_PER_DAY_MAX == 999999, "a day's sequence fills its six digits");
static_assert(CASE_NUMBER_SIZE == ID_DIGITS + 3 + 1, "two hyphens, the check digit, NUL");

/* ISO 7064:2003, MOD 11,10: catches every single wrong digit and nearly every swap of neighbours. */
static char check_digit(const char digits[static ID_DIGITS])
{
	int product = 10;
	for (int i = 0; i < ID_DIGITS; i++) {
		int sum = (product + (digits[i] - '0')) % 10;
		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	return (char)('0' + (11 - product) % 10);
}

bool case_number_is_plausible(int64_t case_id)
{
	int64_t date = case_id / 1000000, year = date / 10000, month = date / 100 % 100, day = date % 100;
	return year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && case_id % 1000000 >= 1;
}

int64_t case_number_id(int year, int month, int day, int64_t sequence)
{
	REQUIRE(year <= 9999 && sequence >= 1 && sequence <= CASES_PER_DAY_MAX);
	int64_t case_id = (year * INT64_C(10000) + month * 100 + day) * 1000000 + sequence;
	REQUIRE(case_number_is_plausible(case_id));
	return case_id;
}

void case_number_print(int64_t case_id, char ret_text[static CASE_NUMBER_SIZE])
{
	REQUIRE(case_number_is_plausible(case_id));
	char digits[ID_DIGITS + 1];
	ENSURE(snprintf(digits, sizeof(digits), "%014" PRId64, case_id) == ID_DIGITS);
	snprintf(ret_text, CASE_NUMBER_SIZE, "%.8s-%.6s-%c", digits, digits + DATE_DIGITS,
		check_digit(digits));
}

static bool take_digits(const char *text, int count, char *digits)
{
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		digits[i] = text[i];
	}
	return true;
}

bool case_number_parse(struct span text, int64_t *ret_case_id)
{
	REQUIRE(ret_case_id);
	char digits[ID_DIGITS];
	if (text.size != CASE_NUMBER_SIZE - 1)
		return false;
	const char *sequence = text.data + DATE_DIGITS + 1, *check = sequence + SEQUENCE_DIGITS + 1;
	if (!take_digits(text.data, DATE_DIGITS, digits) || sequence[-1] != '-' ||
		!take_digits(sequence, SEQUENCE_DIGITS, digits + DATE_DIGITS) || check[-1] != '-')
		return false;
	if (*check != check_digit(digits))
		return false;
	int64_t case_id = 0;
	for (int i = 0; i < ID_DIGITS; i++)
		case_id = case_id * 10 + (digits[i] - '0');
	if (!case_number_is_plausible(case_id))
		return false;
	*ret_case_id = case_id;
	return true;
}
