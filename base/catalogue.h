#ifndef WENZHENG_BASE_CATALOGUE_H
#define WENZHENG_BASE_CATALOGUE_H

#include "base/span.h"

/*
 * Sentences and what they are in another language: a .mo file, as GNU gettext's msgfmt writes it, lying in
 * memory. Why it is not left to the C library: docs/adr/0023-catalogues.md.
 *
 *	uint32 magic, revision, count, place of the originals, place of the translations     (little-endian)
 *	originals, sorted, and translations: `count` times uint32 size, uint32 place; each ends in a NUL
 *	that its size does not count
 *
 * A sentence with a number has its singular as the original and, behind a NUL, its plural. Languages with one
 * form for all numbers, as Chinese, have one translation for it; others are not supported.
 */
struct catalogue {
	struct span bytes; /* borrowed */
	uint32_t count;
	uint32_t originals;
	uint32_t translations;
};

/* Looks at every sentence, so that nothing has to be minded later. False: these bytes are no catalogue. */
bool catalogue_read(struct span bytes, struct catalogue *ret_catalogue);

/* The translation, which lives as long as the bytes, or NULL. */
const char *catalogue_find(const struct catalogue *self, const char *original);

#endif
