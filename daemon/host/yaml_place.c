#include "daemon/host/yaml_place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/utf8.h"

#define FIELDS_MAX 48 /* of one mapping; a profile has 21 */

/* One walk: to find what is wrong (`fault`), or where `wanted` stands. */
struct walk {
	yaml_parser_t parser;
	const char *name;
	struct fault *fault;
	struct buffer path; /* of the value being walked */
	struct span wanted;
	size_t nearest_size;
	struct yaml_place nearest;
};

static struct yaml_place place_of(yaml_mark_t mark)
{
	return (struct yaml_place){mark.line + 1, mark.column + 1};
}

__attribute__((format(printf, 3, 4))) static bool blame(
	struct walk *walk, yaml_mark_t mark, const char *format, ...)
{
	struct yaml_place place = place_of(mark);
	char sentence[sizeof(walk->fault->text)];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), _(format), arguments);
	va_end(arguments);
	return fault_set(walk->fault, "%s:%zu:%zu: %s", walk->name, place.line, place.column, sentence);
}

/* What libyaml says to people; of what it says besides, its English has to do. */
static const char *translate(const char *said)
{
	static const char *const known[] = {
		N_("could not find expected ':'"),
		N_("did not find expected ',' or ']'"),
		N_("did not find expected ',' or '}'"),
		N_("did not find expected '-' indicator"),
		N_("did not find expected <document start>"),
		N_("did not find expected alphabetic or numeric character"),
		N_("did not find expected comment or line break"),
		N_("did not find expected hexdecimal number"),
		N_("did not find expected key"),
		N_("did not find expected node content"),
		N_("did not find expected whitespace or line break"),
		N_("found a tab character that violates indentation"),
		N_("found character that cannot start any token"),
		N_("found unexpected ':'"),
		N_("found unexpected document indicator"),
		N_("found unexpected end of stream"),
		N_("found unknown directive name"),
		N_("found unknown escape character"),
		N_("block sequence entries are not allowed in this context"),
		N_("mapping values are not allowed in this context"),
		N_("while parsing a block collection"),
		N_("while parsing a block mapping"),
		N_("while parsing a flow mapping"),
		N_("while parsing a flow node"),
		N_("while parsing a flow sequence"),
		N_("while parsing a block node"),
		N_("while parsing a node"),
		N_("while parsing a quoted scalar"),
		N_("while scanning a block scalar"),
		N_("while scanning a directive"),
		N_("while scanning a plain scalar"),
		N_("while scanning a quoted scalar"),
		N_("while scanning a simple key"),
		N_("while scanning a tag"),
		N_("while scanning an alias"),
		N_("while scanning an anchor"),
		N_("while scanning for the next token"),
	};
	return language_said(said, known, sizeof(known) / sizeof(known[0]));
}

static bool next(struct walk *walk, yaml_event_t *ret_event)
{
	const yaml_parser_t *parser = &walk->parser;
	if (yaml_parser_parse(&walk->parser, ret_event))
		return true;
	/* Not the file's fault, and the file must not be blamed for it. */
	ENSURE(parser->error != YAML_MEMORY_ERROR);
	if (!parser->problem)
		return blame(walk, parser->problem_mark, "is not YAML");
	return blame(walk, parser->problem_mark, "%s%s%s", translate(parser->problem),
		parser->context ? " " : "", parser->context ? translate(parser->context) : "");
}

/* The wanted path begins with the present one, and what follows is a new step. */
static void remember(struct walk *walk, yaml_mark_t mark)
{
	struct span path = buffer_span(&walk->path);
	if (path.size > walk->wanted.size || path.size < walk->nearest_size || path.size == 0 ||
		memcmp(path.data, walk->wanted.data, path.size) != 0)
		return;
	bool is_all = path.size == walk->wanted.size;
	if (!is_all && walk->wanted.data[path.size] != '.' && walk->wanted.data[path.size] != '[')
		return;
	walk->nearest_size = path.size;
	walk->nearest = place_of(mark);
}

static const char *const expected[] = {
	[CYAML_STRING] = N_("one word or line"),
	[CYAML_MAPPING] = N_("keys with values"),
	[CYAML_SEQUENCE] = N_("a list"),
};

static bool walk_value(struct walk *walk, const cyaml_schema_value_t *schema, const yaml_event_t *event);

static bool walk_scalar(struct walk *walk, const cyaml_schema_value_t *schema, const yaml_event_t *event)
{
	struct span text = span_of(event->data.scalar.value, event->data.scalar.length);
	if (event->data.scalar.tag)
		return blame(walk, event->start_mark, "tags are not used here: %s", event->data.scalar.tag);
	if (text.size > schema->string.max)
		return blame(walk, event->start_mark, "%s is longer than %u bytes",
			buffer_string(&walk->path), schema->string.max);
	return utf8_is_text(text, UTF8_ONE_LINE) ||
	       blame(walk, event->start_mark, "%s holds a control character", buffer_string(&walk->path));
}

static bool walk_entries(struct walk *walk, const cyaml_schema_value_t *schema)
{
	size_t path_size = walk->path.size;
	for (unsigned i = 0;; i++) {
		yaml_event_t event CLEANUP(yaml_event_delete) = {0};
		if (!next(walk, &event))
			return false;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (i >= schema->sequence.max)
			return blame(walk, event.start_mark, "%s has more than %u entries",
				buffer_string(&walk->path), schema->sequence.max);
		buffer_printf(&walk->path, "[%u]", i);
		if (!walk_value(walk, schema->sequence.entry, &event))
			return false;
		walk->path.size = path_size;
	}
}

static bool blame_unknown(struct walk *walk, const cyaml_schema_value_t *schema, const yaml_event_t *key)
{
	struct buffer known CLEANUP(buffer_deinit) = BUFFER_NULL;
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++)
		buffer_printf(&known, "%s%s", known.size ? ", " : "", field->key);
	return blame(walk, key->start_mark, "unknown key '%.60s'; here may stand: %s",
		(const char *)key->data.scalar.value, buffer_string(&known));
}

/* The schema's field of a key that is neither unknown nor there for the second time. */
static const cyaml_schema_field_t *walk_key(struct walk *walk, const cyaml_schema_value_t *schema,
	const yaml_event_t *event, size_t lines_seen[static FIELDS_MAX])
{
	if (event->type != YAML_SCALAR_EVENT) {
		blame(walk, event->start_mark, "a key is one word or line");
		return NULL;
	}
	struct span key = span_of(event->data.scalar.value, event->data.scalar.length);
	const cyaml_schema_field_t *fields = schema->mapping.fields;
	for (size_t i = 0; fields[i].key; i++) {
		REQUIRE(i < FIELDS_MAX);
		if (!span_equal_string(key, fields[i].key))
			continue;
		if (lines_seen[i]) {
			blame(walk, event->start_mark, "key '%s' is there twice, first in line %zu",
				fields[i].key, lines_seen[i]);
			return NULL;
		}
		lines_seen[i] = place_of(event->start_mark).line;
		return &fields[i];
	}
	blame_unknown(walk, schema, event);
	return NULL;
}

static bool walk_fields(struct walk *walk, const cyaml_schema_value_t *schema)
{
	size_t path_size = walk->path.size, lines_seen[FIELDS_MAX] = {0};
	for (;;) {
		yaml_event_t key CLEANUP(yaml_event_delete) = {0}, value CLEANUP(yaml_event_delete) = {0};
		if (!next(walk, &key))
			return false;
		if (key.type == YAML_MAPPING_END_EVENT)
			return true;
		const cyaml_schema_field_t *field = walk_key(walk, schema, &key, lines_seen);
		if (!field || !next(walk, &value))
			return false;
		buffer_printf(&walk->path, "%s%s", path_size ? "." : "", field->key);
		if (!walk_value(walk, &field->value, &value))
			return false;
		walk->path.size = path_size;
	}
}

/* Depth is bounded by the schema's, which ends in words. */
static bool walk_value(struct walk *walk, const cyaml_schema_value_t *schema, const yaml_event_t *event)
{
	enum cyaml_type found = event->type == YAML_SCALAR_EVENT	  ? CYAML_STRING
				: event->type == YAML_MAPPING_START_EVENT ? CYAML_MAPPING
									  : CYAML_SEQUENCE;
	if (event->type == YAML_ALIAS_EVENT)
		return blame(walk, event->start_mark, "aliases are not used here: *%.60s",
			event->data.alias.anchor);
	if (found != schema->type)
		return blame(walk, event->start_mark, "%s must be %s", buffer_string(&walk->path),
			_(expected[schema->type]));
	remember(walk, event->start_mark);
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return walk_scalar(walk, schema, event);
	case YAML_MAPPING_START_EVENT:
		return walk_fields(walk, schema);
	default:
		ENSURE(event->type == YAML_SEQUENCE_START_EVENT);
		return walk_entries(walk, schema);
	}
}

/* The stream's and the document's start, the value, and nothing after it. */
static bool walk_text(struct walk *walk, const cyaml_schema_value_t *schema)
{
	yaml_event_t stream CLEANUP(yaml_event_delete) = {0}, document CLEANUP(yaml_event_delete) = {0},
			    value CLEANUP(yaml_event_delete) = {0}, end CLEANUP(yaml_event_delete) = {0},
			    last CLEANUP(yaml_event_delete) = {0};
	if (!next(walk, &stream) || !next(walk, &document))
		return false;
	if (document.type == YAML_STREAM_END_EVENT)
		return fault_set(walk->fault, "%s: is empty", walk->name);
	if (!next(walk, &value))
		return false;
	if (value.type != YAML_MAPPING_START_EVENT)
		return blame(walk, value.start_mark, "the file must be keys with values");
	if (!walk_value(walk, schema, &value) || !next(walk, &end) || !next(walk, &last))
		return false;
	return last.type == YAML_STREAM_END_EVENT ||
	       blame(walk, last.start_mark, "a second document begins; there may be one");
}

static bool walk_whole(struct walk *walk, struct span text, const cyaml_schema_value_t *schema)
{
	ENSURE(yaml_parser_initialize(&walk->parser));
	yaml_parser_set_input_string(
		&walk->parser, (const unsigned char *)(text.data ? text.data : ""), text.size);
	yaml_parser_set_encoding(&walk->parser, YAML_UTF8_ENCODING);
	bool good = walk_text(walk, schema);
	yaml_parser_delete(&walk->parser);
	buffer_deinit(&walk->path);
	return good;
}

bool yaml_place_check(
	const char *name, struct span text, const cyaml_schema_value_t *schema, struct fault *fault)
{
	struct walk walk = {.name = name, .fault = fault};
	return walk_whole(&walk, text, schema);
}

struct yaml_place yaml_place_find(struct span text, const cyaml_schema_value_t *schema, struct span path)
{
	struct fault unused;
	struct walk walk = {.name = "", .fault = &unused, .wanted = path, .nearest = {1, 1}};
	ENSURE(walk_whole(&walk, text, schema));
	return walk.nearest;
}
