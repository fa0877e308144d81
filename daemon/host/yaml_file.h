#ifndef WENZHENG_HOST_YAML_FILE_H
#define WENZHENG_HOST_YAML_FILE_H

#include <cyaml/cyaml.h>

#include "base/fault.h"

/*
 * Reading a YAML file into structs by a libcyaml schema, for the *_yaml.c files of this folder. A key that is
 * unknown or there twice is a fault, with the file, line and column it stands in.
 */

#define YAML_FILE_SIZE_MAX (4 * 1024 * 1024) /* a province's principals are some hundred KiB */

/* False with a fault. The data is freed by yaml_file_free with the same schema. */
bool yaml_file_load(
	const char *path, const cyaml_schema_value_t *schema, void **ret_data, struct fault *fault);
void yaml_file_free(const cyaml_schema_value_t *schema, void *data);

#endif
