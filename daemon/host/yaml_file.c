#include "daemon/host/yaml_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/utf8.h"

/* What libcyaml says about a bad file: one sentence, then where, from the inside out. */
struct complaint {
	char sentence[512];
	unsigned line;
	unsigned column;
};

static void listen(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
	struct complaint *complaint = context;
	char text[512];
	(void)level;
	vsnprintf(text, sizeof(text), format, arguments);
	const char *place = strstr(text, "(line: ");
	if (place && complaint->line == 0)
		sscanf(place, "(line: %u, column: %u)", &complaint->line, &complaint->column);
	const char *said = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
	if (!*complaint->sentence && !place)
		snprintf(complaint->sentence, sizeof(complaint->sentence), "%s", said);
	complaint->sentence[strcspn(complaint->sentence, "\n")] = '\0';
}

static cyaml_config_t config_for(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = listen,
		.log_ctx = complaint,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		/* Nothing we read refers to itself; without aliases a small file cannot swell into a large
		   one. */
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static bool read_file(const char *path, struct buffer *ret_text, struct fault *fault)
{
	FILE *file CLEANUP(cleanup_fclose) = fopen(path, "re");
	if (!file)
		return fault_set(fault, "%s: %s", path, strerror(errno));
	char block[16384];
	size_t size;
	while ((size = fread(block, 1, sizeof(block), file)) > 0) {
		buffer_append(ret_text, block, size);
		if (ret_text->size > YAML_FILE_SIZE_MAX)
			return fault_set(fault, "%s: larger than %d bytes", path, YAML_FILE_SIZE_MAX);
	}
	if (ferror(file))
		return fault_set(fault, "%s: cannot be read", path);
	if (!utf8_is_text(buffer_span(ret_text), UTF8_SEVERAL_LINES))
		return fault_set(fault, "%s: is not UTF-8 text", path);
	return true;
}

static bool is_key_at(const char *text, size_t at, const char *key, size_t size)
{
	bool starts = at == 0 ||
		      !(isalnum((unsigned char)text[at - 1]) || text[at - 1] == '_' || text[at - 1] == '-');
	return starts && strncmp(text + at, key, size) == 0 &&
	       text[at + size + strspn(text + at + size, " \"'")] == ':';
}

/*
 * libcyaml places an unknown key at the start of the mapping that holds it, and one that is there twice at
 * its first occurrence. The line to mend is where the key itself stands, at or after that place.
 */
static void find_key(const char *text, struct complaint *complaint)
{
	char key[128];
	bool twice = sscanf(complaint->sentence, "Mapping field already seen: %127s", key) == 1;
	if (!twice && sscanf(complaint->sentence, "Unexpected key: %127s", key) != 1)
		return;
	int to_pass = twice ? 1 : 0;
	unsigned line = 1, column = 1;
	for (size_t at = 0; text[at]; at++, column++) {
		/* The first of two may stand left of the place, which is its value's. */
		bool reached = line > complaint->line ||
			       (line == complaint->line && (twice || column >= complaint->column));
		if (reached && is_key_at(text, at, key, strlen(key)) && to_pass-- == 0) {
			complaint->line = line;
			complaint->column = column;
			return;
		}
		if (text[at] == '\n') {
			line++;
			column = 0;
		}
	}
}

bool yaml_file_load(
	const char *path, const cyaml_schema_value_t *schema, void **ret_data, struct fault *fault)
{
	struct buffer text CLEANUP(buffer_deinit) = BUFFER_NULL;
	struct complaint complaint = {{0}, 0, 0};
	cyaml_config_t config = config_for(&complaint);
	cyaml_data_t *data = NULL;
	if (!read_file(path, &text, fault))
		return false;
	cyaml_err_t error = cyaml_load_data(
		(const uint8_t *)buffer_string(&text), text.size, &config, schema, &data, NULL);
	if (error == CYAML_OK && !data)
		return fault_set(fault, "%s: is empty", path);
	if (error == CYAML_OK)
		return *ret_data = data, true;
	find_key(buffer_string(&text), &complaint);
	return fault_set(fault, "%s:%u:%u: %s", path, complaint.line, complaint.column,
		*complaint.sentence ? complaint.sentence : cyaml_strerror(error));
}

void yaml_file_free(const cyaml_schema_value_t *schema, void *data)
{
	struct complaint complaint;
	cyaml_config_t config = config_for(&complaint);
	cyaml_free(&config, schema, data, 0);
}
