#ifndef WENZHENG_CLIENT_TEXTS_H
#define WENZHENG_CLIENT_TEXTS_H

#include "client/error.h"

/* Texts that the caller handed in, on their way into a request: checked all before the first is written. */
struct text_field {
	enum field field;
	const char *text; /* NULL: absent */
	bool required;	  /* then neither absent nor empty */
};

/* WZ_OK or WZ_INVALID. */
enum wz_outcome texts_check(const struct text_field *texts, size_t count, struct wz_error *error);
void texts_write(const struct text_field *texts, size_t count, struct writer *writer);

#endif
