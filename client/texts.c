#include "client/texts.h"

enum wz_outcome texts_check(const struct text_field *texts, size_t count, struct wz_error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct span text = span_of_string(texts[i].text);
		if (text.size == 0 && texts[i].required)
			return error_of_field(error, texts[i].field, "is required and may not be empty");
		switch (field_check_text(texts[i].field, text)) {
		case ERROR_NONE:
			break;
		case ERROR_TOO_LONG:
			return error_of_field(error, texts[i].field, "is longer than the protocol allows");
		default:
			return error_of_field(error, texts[i].field,
				"is not UTF-8, or has control characters that may not stand there");
		}
	}
	return WZ_OK;
}

void texts_write(const struct text_field *texts, size_t count, struct writer *writer)
{
	for (size_t i = 0; i < count; i++)
		if (texts[i].text)
			writer_text(writer, texts[i].field, span_of_string(texts[i].text));
}
