#ifndef WENZHENG_HOST_YAML_PLACE_H
#define WENZHENG_HOST_YAML_PLACE_H

#include <cyaml/cyaml.h>
#include <stdbool.h>

#include "base/fault.h"
#include "base/span.h"

/*
 * The places of a YAML text: where each key stands, and whether it may stand there.
 *
 * libcyaml refuses unknown and repeated keys too, but places them at the mapping around them or at the value
 * before, and forgets all places once the structs are made. So the events of libyaml, on which libcyaml
 * stands, are walked along its schema first.
 */

/*
 * True if libcyaml will make structs of it: one document, every key known and there once, words, lists and
 * mappings where the schema has them; no alias (a small file could swell into a large one), no tag, no
 * control character in a word. Else a fault "name:line:column: …". `text` is UTF-8.
 */
bool yaml_place_check(
	const char *name, struct span text, const cyaml_schema_value_t *schema, struct fault *fault);

struct yaml_place {
	size_t line; /* from 1, as the column, which counts characters */
	size_t column;
};

/* Where the value of a path like "rules[3].class" stands; of its nearest ancestor if it is not there; the
 * start of the text if there is none. Only for a text that yaml_place_check has found good. */
struct yaml_place yaml_place_find(struct span text, const cyaml_schema_value_t *schema, struct span path);

#endif
