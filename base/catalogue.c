#include "base/catalogue.h"

#include "base/assert.h"

#define MAGIC	    0x950412deu
#define HEADER_SIZE 20 /* five numbers */
#define ENTRY_SIZE  8  /* size and place */

/* Within the bytes, as catalogue_read has seen to. */
static uint32_t number_at(struct span bytes, size_t place)
{
	const unsigned char *at = (const unsigned char *)bytes.data + place;
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static const char *sentence_at(struct span bytes, uint32_t table, uint32_t index)
{
	return bytes.data + number_at(bytes, table + (size_t)index * ENTRY_SIZE + 4);
}

static bool is_table(struct span bytes, uint32_t table, uint32_t count)
{
	return table <= bytes.size && count <= (bytes.size - table) / ENTRY_SIZE;
}

/* A sentence lies within the bytes, and ends. */
static bool is_sentence(struct span bytes, uint32_t table, uint32_t index)
{
	size_t entry = table + (size_t)index * ENTRY_SIZE;
	size_t size = number_at(bytes, entry), place = number_at(bytes, entry + 4);
	return place < bytes.size && size < bytes.size - place && bytes.data[place + size] == '\0';
}

bool catalogue_read(struct span bytes, struct catalogue *ret_catalogue)
{
	/* The upper half of the revision is the form; what the lower one adds is not used. */
	if (bytes.size < HEADER_SIZE || number_at(bytes, 0) != MAGIC || number_at(bytes, 4) >> 16 != 0)
		return false;
	struct catalogue catalogue = {
		.bytes = bytes,
		.count = number_at(bytes, 8),
		.originals = number_at(bytes, 12),
		.translations = number_at(bytes, 16),
	};
	if (!is_table(bytes, catalogue.originals, catalogue.count) ||
		!is_table(bytes, catalogue.translations, catalogue.count))
		return false;
	for (uint32_t i = 0; i < catalogue.count; i++) {
		if (!is_sentence(bytes, catalogue.originals, i) ||
			!is_sentence(bytes, catalogue.translations, i))
			return false;
		if (i > 0 && strcmp(sentence_at(bytes, catalogue.originals, i - 1),
				     sentence_at(bytes, catalogue.originals, i)) >= 0)
			return false;
	}
	*ret_catalogue = catalogue;
	return true;
}

const char *catalogue_find(const struct catalogue *self, const char *original)
{
	REQUIRE(self && original);
	uint32_t low = 0, high = self->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(original, sentence_at(self->bytes, self->originals, middle));
		if (order == 0)
			return sentence_at(self->bytes, self->translations, middle);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
