#ifndef WENZHENG_BASE_LANGUAGE_H
#define WENZHENG_BASE_LANGUAGE_H

#include "base/catalogue.h"

/*
 * The language in which a program speaks to people. Sentences are written in English where they are said;
 *what they are in the language in force is looked up there:
 *
 *	printf(_("%s is with %s now\n"), number, department);
 *	printf(language_count("%lld case\n", "%lld cases\n", count), count);
 *	static const char *const words[] = {N_("weekend"), …};  and then  puts(_(words[i]));
 *
 * `po/update` collects them. They are whole literals: neither macros nor PRId64 stand in them, for these are
 *not seen. What programs read (JSON, the daemon's log, what is stored or sent) is not translated.
 *
 * Whoever never calls language_use speaks English. locale/locale.h does so as the environment asks; this is
 * the one thing of a process that main sets and everybody sees, and nobody sets it later but to English.
 */

/* Puts a catalogue in force, which lives as long as the process; NULL: English. */
void language_use(const struct catalogue *catalogue);

/* The sentence in the language in force, else as it stands. */
__attribute__((format_arg(1))) const char *language_text(const char *english);

/* The same of a sentence that differs with a number. */
__attribute__((format_arg(1), format_arg(2))) const char *language_count(
	const char *one, const char *many, int64_t number);

/* What a library says, in the language in force if it is one of the `count` sentences, marked by N_, of which
 * we have a translation; else as it stands. */
const char *language_said(const char *said, const char *const *known, size_t count);

/* What went wrong with a system call: strerror's words, likewise. */
const char *language_error(int error);

/* A single word that means several things, marked by C_ with which of them: `C_("reply", "final")`. */
const char *language_word(const char *marked);

#define _(english)	     language_text(english)
#define N_(english)	     english		    /* to be looked up where it is said, by _ */
#define C_(context, english) context "\004" english /* and by language_word */

#endif
