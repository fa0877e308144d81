#include "daemon/host/yaml_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/utf8.h"
#include "daemon/host/yaml_place.h"

/* The first thing libcyaml says about a file: one sentence. What it says of places is not asked for. */
__attribute__((format(printf, 3, 0))) static void listen(
	cyaml_log_t level, void *context, const char *format, va_list arguments)
{
	struct fault *said = context;
	(void)level;
	if (*said->text)
		return;
	vsnprintf(said->text, sizeof(said->text), format, arguments);
	said->text[strcspn(said->text, "\n")] = '\0';
}

static cyaml_config_t config_for(struct fault *said)
{
	return (cyaml_config_t){
		.log_fn = listen,
		.log_ctx = said,
		.log_level = CYAML_LOG_WARNING,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static bool check_utf8(const char *path, struct span text, struct fault *fault)
{
	if (utf8_is_text(text, UTF8_SEVERAL_LINES))
		return true;
	size_t line = 1;
	while (text.size > 0) {
		const char *end = memchr(text.data, '\n', text.size);
		size_t size = end ? (size_t)(end - text.data) + 1 : text.size;
		if (!utf8_is_text(span_of(text.data, size), UTF8_SEVERAL_LINES))
			break;
		text = span_of(text.data + size, text.size - size);
		line++;
	}
	return fault_set(fault, "%s:%zu: is not UTF-8 text, or holds a control character", path, line);
}

static bool read_file(const char *path, struct buffer *text, struct fault *fault)
{
	/* A pipe in the file's place must not stop the daemon in its reload. */
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0)
		return fault_set(fault, "%s: %s", path, language_error(errno));
	if (!S_ISREG(status.st_mode))
		return fault_set(fault, "%s: is not a regular file", path);
	char block[16384];
	ssize_t size;
	while ((size = read(fd, block, sizeof(block))) > 0) {
		buffer_append(text, block, (size_t)size);
		if (text->size > YAML_FILE_SIZE_MAX)
			return fault_set(fault, "%s: is larger than %d bytes", path, YAML_FILE_SIZE_MAX);
	}
	return size == 0 || fault_set(fault, "%s: %s", path, language_error(errno));
}

/* Editors of some systems put one first; columns are counted without it. */
static void drop_byte_order_mark(struct buffer *text)
{
	static const char mark[] = "\xef\xbb\xbf";
	if (text->size < 3 || memcmp(text->data, mark, 3) != 0)
		return;
	text->size -= 3;
	memmove(text->data, text->data + 3, text->size);
}

/* Takes what `text` holds if it is good. */
static bool make(const char *path, struct buffer *text, const cyaml_schema_value_t *schema,
	struct yaml_file *ret_file, struct fault *fault)
{
	struct fault said = FAULT_NONE;
	cyaml_config_t config = config_for(&said);
	cyaml_data_t *data = NULL;
	drop_byte_order_mark(text);
	if (!check_utf8(path, buffer_span(text), fault) ||
		!yaml_place_check(path, buffer_span(text), schema, fault))
		return false;
	cyaml_err_t error =
		cyaml_load_data((const uint8_t *)text->data, text->size, &config, schema, &data, NULL);
	if (error != CYAML_OK)
		return fault_set(
			fault, "%s: %.300s: %s", path, cyaml_strerror(error), *said.text ? said.text : "?");
	if (!data)
		return fault_set(fault, "%s: holds no key", path);
	*ret_file = (struct yaml_file){.path = path, .text = *text, .schema = schema, .data = data};
	*text = BUFFER_NULL;
	return true;
}

bool yaml_file_load(
	const char *path, const cyaml_schema_value_t *schema, struct yaml_file *ret_file, struct fault *fault)
{
	struct buffer text CLEANUP(buffer_deinit) = BUFFER_NULL;
	return read_file(path, &text, fault) && make(path, &text, schema, ret_file, fault);
}

bool yaml_file_parse(const char *path, struct span text, const cyaml_schema_value_t *schema,
	struct yaml_file *ret_file, struct fault *fault)
{
	struct buffer copy CLEANUP(buffer_deinit) = BUFFER_NULL;
	buffer_append_span(&copy, text);
	return make(path, &copy, schema, ret_file, fault);
}

void yaml_file_deinit(struct yaml_file *self)
{
	struct fault said = FAULT_NONE;
	cyaml_config_t config = config_for(&said);
	ENSURE(cyaml_free(&config, self->schema, self->data, 0) == CYAML_OK);
	buffer_deinit(&self->text);
	self->data = NULL;
}

bool yaml_file_blame(const struct yaml_file *self, struct fault *fault)
{
	struct span path = span_of(fault->text, strcspn(fault->text, ":"));
	struct yaml_place place = yaml_place_find(buffer_span(&self->text), self->schema, path);
	struct fault sentence = *fault;
	return fault_set(fault, "%s:%zu:%zu: %s", self->path, place.line, place.column, sentence.text);
}
