#include <string.h>

#include "base/assert.h"
#include "base/catalogue.h"

/*
 * Any bytes as a catalogue of sentences: refused, or every sentence of it is found again and what is found
 * ends within the bytes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t number_at(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalogue catalogue;
	if (!catalogue_read(span_of(data, size), &catalogue))
		return 0;
	for (uint32_t i = 0; i < catalogue.count; i++) {
		const uint8_t *entry = data + catalogue.originals + (size_t)i * 8;
		const char *original = (const char *)data + number_at(entry + 4);
		const char *found = catalogue_find(&catalogue, original);
		ENSURE(found && found >= (const char *)data && strlen(found) < size);
	}
	(void)catalogue_find(&catalogue, "department");
	return 0;
}
