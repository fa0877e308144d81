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

const char *language_said(const char *said, const char *const *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(said, known[i]) == 0)
			return _(known[i]);
	return said;
}

/* What people meet; of others the C library's English has to do. */
const char *language_error(int error)
{
	static const char *const known[] = {
		N_("Permission denied"),
		N_("Operation not permitted"),
		N_("No such file or directory"),
		N_("Not a directory"),
		N_("Is a directory"),
		N_("File exists"),
		N_("No space left on device"),
		N_("Read-only file system"),
		N_("Input/output error"),
		N_("Broken pipe"),
		N_("Too many open files"),
		N_("Too many levels of symbolic links"),
		N_("File name too long"),
		N_("Cannot allocate memory"),
		N_("Invalid argument"),
		N_("Address already in use"),
	};
	return language_said(strerror(error), known, sizeof(known) / sizeof(known[0]));
}

const char *language_count(const char *one, const char *many, int64_t number)
{
	const char *translation = translation_of(one);
	if (translation)
		return translation;
	return number == 1 ? one : many;
}
