#include "ctl/case_number.h"

#include "base/assert.h"

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* A number with its check digit, hyphens passed over, runs through the scheme to exactly 1. */
static bool check_digit_fits(struct span text)
{
	int carry = 10;
	for (size_t i = 0; i + 1 < text.size; i++) {
		if (!is_digit(text.data[i]))
			continue;
		carry = (carry + text.data[i] - '0') % 10;
		carry = (carry == 0 ? 10 : carry) * 2 % 11;
	}
	return (carry + text.data[text.size - 1] - '0') % 10 == 1;
}

enum case_number_fault case_number_check(struct span text)
{
	static const char form[] = "dddddddd-dddddd-d";
	if (text.size != sizeof(form) - 1)
		return CASE_NUMBER_NONE;
	for (size_t i = 0; i < text.size; i++)
		if (form[i] == 'd' ? !is_digit(text.data[i]) : text.data[i] != form[i])
			return CASE_NUMBER_NONE;
	return check_digit_fits(text) ? CASE_NUMBER_GOOD : CASE_NUMBER_MISTYPED;
}

int64_t case_number_digits(struct span text)
{
	int64_t number = 0;
	REQUIRE(case_number_check(text) == CASE_NUMBER_GOOD);
	for (size_t i = 0; i + 2 < text.size; i++)
		number = is_digit(text.data[i]) ? number * 10 + (text.data[i] - '0') : number;
	return number;
}
