#include "client/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/language.h"

void error_clear(struct wz_error *error)
{
	*error = (struct wz_error){.outcome = WZ_OK, .epoch = WZ_NO_NUMBER};
}

enum wz_outcome error_set(
	struct wz_error *error, enum wz_outcome outcome, const char *code, const char *format, ...)
{
	REQUIRE(outcome != WZ_OK);
	error_clear(error);
	error->outcome = outcome;
	snprintf(error->code, sizeof(error->code), "%s", code);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return outcome;
}

enum wz_outcome error_of_fault(struct wz_error *error, const struct fault *fault)
{
	return error_set(error, WZ_INVALID, "", "%s", fault->text);
}

enum wz_outcome error_of_field(struct wz_error *error, enum field field, const char *text)
{
	error_set(error, WZ_INVALID, "invalid-value", "%s: %s", field_infos[field].key, text);
	snprintf(error->field, sizeof(error->field), "%s", field_infos[field].key);
	return WZ_INVALID;
}

static void copy_text(const struct message *message, enum field field, char *to, size_t size)
{
	snprintf(to, size, "%.*s", SPAN_PRINT(message_text(message, field)));
}

enum wz_outcome error_of_message(struct wz_error *error, const struct message *message)
{
	REQUIRE(message->kind == KIND_ERROR);
	error_clear(error);
	error->outcome = WZ_ERROR;
	copy_text(message, FIELD_CODE, error->code, sizeof(error->code));
	copy_text(message, FIELD_TEXT, error->text, sizeof(error->text));
	copy_text(message, FIELD_FIELD, error->field, sizeof(error->field));
	copy_text(message, FIELD_STATE, error->state, sizeof(error->state));
	error->epoch = message_number(message, FIELD_EPOCH, WZ_NO_NUMBER);
	return WZ_ERROR;
}

enum wz_outcome error_of_standing(
	struct wz_error *error, enum wz_outcome outcome, const struct wz_standing *standing)
{
	error_set(error, outcome, standing->code, "%s", standing->text);
	error->obstacle = standing->obstacle == WZ_OBSTACLE_NONE ? WZ_OBSTACLE_NO_ANSWER : standing->obstacle;
	if (standing->obstacle == WZ_OBSTACLE_NONE)
		snprintf(error->text, sizeof(error->text), N_("connected, but there was no answer in time"));
	return outcome;
}
