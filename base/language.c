#include "base/language.h"

static const struct catalogue *in_force;

void language_use(const struct catalogue *catalogue)
{
	in_force = catalogue;
}

/* The empty sentence is the catalogue's own: what it says of itself. */
static const char *translation_of(const char *english)
{
	return in_force && *english ? catalogue_find(in_force, english) : NULL;
}

const char *language_text(const char *english)
{
	const char *translation = translation_of(english);
	return translation ? translation : english;
}

const char *language_word(const char *marked)
{
	const char *translation = translation_of(marked);
	return translation ? translation : strchr(marked, '\004') + 1;
}

const char *language_count(const char *one, const char *many, int64_t number)
{
	const char *translation = translation_of(one);
	if (translation)
		return translation;
	return number == 1 ? one : many;
}
