#ifndef WENZHENG_HOST_YAML_FILE_H
#define WENZHENG_HOST_YAML_FILE_H

#include <cyaml/cyaml.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/span.h"

/*
 * Reading a YAML file into structs by a libcyaml schema, for the *_yaml.c files of this folder.
 *
 * Before libcyaml sees the text it is walked along the same schema (yaml_place.h): an unknown key, a key that
 * is there twice, a list where a word belongs are faults "file:line:column: …" at the very place to mend.
 * What the words mean is judged by others, whose faults begin with the key's path; yaml_file_blame puts the
 * place in front.
 */

#define YAML_FILE_SIZE_MAX (4 * 1024 * 1024) /* a province's principals are some hundred KiB */

struct yaml_file {
	const char *path;   /* the caller's */
	struct buffer text; /* UTF-8 */
	const cyaml_schema_value_t *schema;
	void *data; /* what the schema makes of the text */
};

/* False with a fault, and nothing to free. Blocks on the file system; regular files only. */
bool yaml_file_load(const char *path, const cyaml_schema_value_t *schema, struct yaml_file *ret_file,
	struct fault *fault);

/* The same from a text in memory, of which `path` is the name. */
bool yaml_file_parse(const char *path, struct span text, const cyaml_schema_value_t *schema,
	struct yaml_file *ret_file, struct fault *fault);

void yaml_file_deinit(struct yaml_file *self);

/* Puts "file:line:column: " in front of a fault that begins with a key's path, as "rules[3].class: …"; always
 * returns false. A key that is not there is placed where it would belong. */
bool yaml_file_blame(const struct yaml_file *self, struct fault *fault);

#endif
