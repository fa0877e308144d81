#ifndef WENZHENG_LOCALE_LOCALE_H
#define WENZHENG_LOCALE_LOCALE_H

#include <stdbool.h>

/*
 * Which language the environment asks for, and where its catalogue lies. A locale of that name need not have
 * been made on the machine, and a new server has none: catalogues are found by name alone. What is printed is
 * always UTF-8.
 */

#define LOCALE_NAME_SIZE 32

/* Puts the language in force that LANGUAGE, LC_ALL, LC_MESSAGES and LANG ask for (base/language.h), if there
 * is a catalogue: `locale` or `../share/locale` beside the program's own folder, else where it was to be
 * installed. main calls it once, before anything is said. */
void locale_start(void);

/* The list of languages that the environment asks for, the most wanted first, with colons between; "" for
 * English. As with gettext LANGUAGE comes before the others, and C or POSIX is English whatever LANGUAGE
 * says; otherwise than with gettext that does not hold for C.UTF-8, which is all that a new server has, nor
 * where nothing but LANGUAGE is set. */
const char *locale_wanted(const char *(*variable)(const char *name));

/* Takes the next language from a list, without codeset and modifier: "zh_CN.UTF-8@x:en" gives "zh_CN", then
 * "en". False: the list is at its end, or goes on in English. A name that could leave the folder of
 * catalogues is passed over. */
bool locale_next(const char **list, char ret_name[static LOCALE_NAME_SIZE]);

#endif
