#ifndef WENZHENG_TESTS_PACKING_H
#define WENZHENG_TESTS_PACKING_H

#include "tests/unit/proto/frame_check.h"

/* Packing frames by hand with msgpack-c, so that what our writer would never write can be tried. */

struct value {
	struct span raw;  /* encoded bytes, if not empty */
	size_t text_size; /* else a text of so many x */
	struct span text; /* else this text */
};

#define RAW(literal)  ((struct value){.raw = SPAN_LITERAL(literal)})
#define TEXT(literal) ((struct value){.text = SPAN_LITERAL(literal)})
#define LONG(size)    ((struct value){.text_size = (size)})

static inline int append(void *buffer, const char *data, size_t size)
{
	buffer_append(buffer, data, size);
	return 0;
}

static inline void pack_text(msgpack_packer *packer, struct span text)
{
	msgpack_pack_str(packer, text.size);
	msgpack_pack_str_body(packer, text.data, text.size);
}

static inline void pack_value(msgpack_packer *packer, struct buffer *out, const struct value *value)
{
	if (value->raw.size > 0) {
		buffer_append_span(out, value->raw);
	} else if (value->text_size > 0) {
		msgpack_pack_str(packer, value->text_size);
		for (size_t i = 0; i < value->text_size; i++)
			buffer_append_byte(out, 'x');
	} else {
		pack_text(packer, value->text);
	}
}

static inline bool decode(
	enum kind kind, struct span frame, struct message *ret_message, struct refusal *ret_refusal)
{
	char bytes[KIND_FRAME_SIZE];
	struct span kind_frame = message_kind_frame(kind, bytes);
	check_frames(kind_frame, frame);
	return message_decode(kind_frame, frame, ret_message, ret_refusal);
}

#endif
