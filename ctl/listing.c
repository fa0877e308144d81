#include "ctl/listing.h"

#include "base/assert.h"
#include "base/buffer.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"

#define PAGE_SIZE                                                                                \
	INT64_C(100) /* what the daemon gives at most; more is allowed to ask for, but not given \
		      */

/* Where the next page begins, and what came so far. */
struct walk {
	const struct listing *listing;
	struct talk talk;
	int64_t cursor;
	struct buffer after;
	int64_t left; /* of --limit */
	bool more;
	json_t *items; /* NULL: `each` is told */
};

static void write_request(struct walk *walk)
{
	const struct listing *listing = walk->listing;
	struct writer *writer = talk_begin(&walk->talk, listing->kind);
	if (listing->write)
		listing->write(listing->request, writer);
	if (walk->cursor > 0)
		writer_number(writer, FIELD_CURSOR, walk->cursor);
	if (walk->after.size > 0)
		writer_text(writer, FIELD_AFTER, buffer_span(&walk->after));
	if (listing->sized)
		writer_number(writer, FIELD_LIMIT, walk->left < PAGE_SIZE ? walk->left : PAGE_SIZE);
}

static void take_items(struct walk *walk, const struct message *page)
{
	struct field_value rest = page->values[FIELD_ITEMS];
	struct message item;
	while (walk->left > 0 && message_items_next(&rest, &item)) {
		walk->left--;
		if (walk->items)
			ENSURE(json_array_append_new(walk->items, document_of(&item)) == 0);
		else
			walk->listing->each(walk->listing->context, &item);
	}
	walk->more = message_flag(page, FIELD_MORE) || rest.count > 0;
}

/* False: the answer does not say where the next page begins. */
static bool find_next_page(struct walk *walk, const struct message *page)
{
	if (walk->listing->by_cursor) {
		int64_t before = walk->cursor;
		walk->cursor = message_number(page, FIELD_CURSOR, before);
		return walk->cursor > before;
	}
	buffer_clear(&walk->after);
	buffer_append_span(&walk->after, message_text(page, FIELD_AFTER));
	return walk->after.size > 0;
}

static int walk_pages(struct walk *walk)
{
	do {
		const struct message *page;
		write_request(walk);
		int status = talk_ask(&walk->talk, KIND_LIST, &page);
		if (status != CTL_DONE)
			return status;
		take_items(walk, page);
		if (walk->more && walk->left > 0 && !find_next_page(walk, page))
			return command_failed(walk->talk.settings->command,
				_("the daemon's list breaks off: it does not say where its next page begins"));
	} while (walk->more && walk->left > 0);
	return CTL_DONE;
}

static void print_document(struct walk *walk)
{
	json_t *document = json_object();
	ENSURE(json_object_set(document, "items", walk->items) == 0);
	ENSURE(json_object_set_new(document, "more", json_boolean(walk->more)) == 0);
	document_print(document);
}

int listing_run(const struct listing *self, const struct settings *settings, bool *ret_more)
{
	REQUIRE(self->each && ret_more);
	struct walk walk = {.listing = self, .after = BUFFER_NULL, .left = settings->limit};
	if (settings->json)
		walk.items = json_array();
	int status = talk_open(settings, &walk.talk);
	if (status == CTL_DONE)
		status = walk_pages(&walk);
	if (status == CTL_DONE && walk.items)
		print_document(&walk);
	*ret_more = walk.more;
	talk_close(&walk.talk);
	json_decref(walk.items);
	buffer_deinit(&walk.after);
	return status;
}
