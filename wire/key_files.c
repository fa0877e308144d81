/*
 * Key files: czmq's certificate format, read strictly.
 *
 *	#   comment
 *
 *	metadata
 *	curve
 *	    public-key = "Z85"
 *	    secret-key = "Z85"
 *
 * Only the section `curve` is looked at. Every buffer that held a secret is wiped before it is given up.
 */
#include "wire/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/language.h"

#define KEY_FILE_SIZE_MAX 4096 /* bytes; ours have some two hundred, the rest is room for comments */

/* --- Reading ------------------------------------------------------------------------------------- */

struct key_texts {
	struct span public_key;
	struct span secret_key;
};

static struct span next_line(struct span *rest)
{
	const char *end = memchr(rest->data, '\n', rest->size);
	size_t size = end ? (size_t)(end - rest->data) : rest->size;
	struct span line = span_of(rest->data, size);
	size_t taken = end ? size + 1 : size;
	*rest = span_of(rest->data + taken, rest->size - taken);
	while (line.size > 0 && strchr(" \t\r", line.data[line.size - 1]))
		line.size--;
	return line;
}

static struct span skip_blanks(struct span text)
{
	while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = span_of(text.data + 1, text.size - 1);
	return text;
}

/* Takes `word` off the front; false, and nothing taken, if something else stands there. */
static bool take(struct span *text, const char *word)
{
	size_t size = strlen(word);
	if (text->size < size || memcmp(text->data, word, size) != 0)
		return false;
	*text = skip_blanks(span_of(text->data + size, text->size - size));
	return true;
}

/* The value of `name = "value"`. */
static bool read_value(struct span line, const char *name, struct span *ret_value)
{
	if (!take(&line, name) || !take(&line, "="))
		return false;
	if (line.size < 2 || line.data[0] != '"' || line.data[line.size - 1] != '"')
		return false;
	*ret_value = span_of(line.data + 1, line.size - 2);
	return true;
}

static struct key_texts find_keys(struct span text)
{
	struct key_texts found = {SPAN_EMPTY, SPAN_EMPTY};
	bool in_curve = false;
	while (text.size > 0) {
		struct span line = next_line(&text);
		if (line.size == 0 || line.data[0] == '#')
			continue;
		struct span inner = skip_blanks(line);
		if (inner.size == line.size)
			in_curve = span_equal_string(line, "curve");
		else if (in_curve && !read_value(inner, "public-key", &found.public_key))
			read_value(inner, "secret-key", &found.secret_key);
	}
	return found;
}

/* Opens and looks at what it opened, so that nobody can exchange it in between. O_NONBLOCK: a FIFO in the
 * place of a key must not hang us. */
static int open_key_file(const char *path, bool secret, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		fault_set(fault, "%s: %s", path, language_error(errno));
		return -1;
	}
	struct stat status;
	if (fstat(fd, &status) != 0)
		fault_set(fault, "%s: %s", path, language_error(errno));
	else if (!S_ISREG(status.st_mode))
		fault_set(fault, "%s: not a file", path);
	else if (secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		fault_set(fault, "%s: a secret key that others may read (mode %04o); run: chmod 600 %s", path,
			(unsigned)(status.st_mode & 07777), path);
	else
		return fd;
	close(fd);
	return -1;
}

static bool read_key_file(const char *path, bool secret, char ret_text[static KEY_FILE_SIZE_MAX],
	size_t *ret_size, struct fault *fault)
{
	CLEANUP(cleanup_close) int fd = open_key_file(path, secret, fault);
	if (fd < 0)
		return false;
	size_t size = 0;
	while (size < KEY_FILE_SIZE_MAX) {
		ssize_t got = read(fd, ret_text + size, KEY_FILE_SIZE_MAX - size);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return fault_set(fault, "%s: %s", path, language_error(errno));
		size += got > 0 ? (size_t)got : 0;
	}
	if (size == KEY_FILE_SIZE_MAX)
		return fault_set(fault, "%s: not a key file: longer than %d bytes", path, KEY_FILE_SIZE_MAX);
	*ret_size = size;
	return true;
}

static bool parse_key_line(
	const char *path, const char *name, struct span text, struct wire_key *ret_key, struct fault *fault)
{
	if (!text.data)
		return fault_set(fault, "%s: not a key file: no %s in a section curve", path, name);
	struct fault inner;
	if (!wire_key_parse(text, ret_key, &inner))
		return fault_set(fault, "%s: %s: %.200s", path, name, inner.text);
	return true;
}

bool wire_key_load(const char *path, struct wire_key *ret_key, struct fault *fault)
{
	REQUIRE(path && ret_key && fault);
	char text[KEY_FILE_SIZE_MAX];
	size_t size = 0;
	bool loaded =
		read_key_file(path, false, text, &size, fault) &&
		parse_key_line(path, "public-key", find_keys(span_of(text, size)).public_key, ret_key, fault);
	explicit_bzero(text, sizeof(text)); /* the path may be that of a secret file */
	return loaded;
}

/* Keys that do not belong together would make every handshake fail, which is hard to find later. */
static bool check_pair(const char *path, const struct wire_key_pair *pair, struct fault *fault)
{
	char secret[WIRE_KEY_TEXT_SIZE];
	char derived[WIRE_KEY_TEXT_SIZE];
	char written[WIRE_KEY_TEXT_SIZE];
	zmq_z85_encode(secret, pair->secret_key, WIRE_KEY_SIZE);
	int r = zmq_curve_public(derived, secret);
	ENSURE(r == 0);
	explicit_bzero(secret, sizeof(secret));
	wire_key_print(&pair->key, written);
	if (memcmp(derived, written, sizeof(written)) != 0)
		return fault_set(fault, "%s: public-key and secret-key do not belong together", path);
	return true;
}

static bool parse_pair(
	const char *path, struct span text, struct wire_key_pair *ret_pair, struct fault *fault)
{
	struct key_texts texts = find_keys(text);
	struct wire_key secret = {{0}};
	struct wire_key_pair pair;
	if (!parse_key_line(path, "public-key", texts.public_key, &pair.key, fault))
		return false;
	if (!parse_key_line(path, "secret-key", texts.secret_key, &secret, fault))
		return false;
	memcpy(pair.secret_key, secret.public_key, WIRE_KEY_SIZE);
	explicit_bzero(&secret, sizeof(secret));
	bool belong = check_pair(path, &pair, fault);
	if (belong)
		*ret_pair = pair;
	wire_key_pair_wipe(&pair);
	return belong;
}

bool wire_key_pair_load(
	const char *path, enum wire_key_guard guard, struct wire_key_pair *ret_pair, struct fault *fault)
{
	REQUIRE(path && ret_pair && fault);
	char text[KEY_FILE_SIZE_MAX];
	size_t size = 0;
	bool loaded = read_key_file(path, guard == WIRE_KEY_GUARDED_BY_MODE, text, &size, fault) &&
		      parse_pair(path, span_of(text, size), ret_pair, fault);
	explicit_bzero(text, sizeof(text));
	return loaded;
}

/* --- Writing ------------------------------------------------------------------------------------- */

static bool write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, text, size);
		if (put < 0 && errno != EINTR)
			return false;
		text += put > 0 ? put : 0;
		size -= put > 0 ? (size_t)put : 0;
	}
	return true;
}

/* O_EXCL follows no link either. fchmod, because the umask may have taken what we meant to give. */
static bool create_file(const char *path, mode_t mode, const char *text, struct fault *fault)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		return fault_set(fault, "%s exists; a key is never overwritten: choose another name", path);
	if (fd < 0)
		return fault_set(fault, "%s: %s", path, language_error(errno));
	if (fchmod(fd, mode) == 0 && write_all(fd, text, strlen(text)) && fsync(fd) == 0)
		return true;
	fault_set(fault, "%s: %s", path, language_error(errno));
	unlink(path);
	return false;
}

static bool create_both(const struct wire_key_pair *self, const char *public_path, const char *secret_path,
	struct fault *fault)
{
	static const char layout[] = "#   %s\n\nmetadata\ncurve\n    public-key = \"%s\"\n%s%s%s";
	char public_key[WIRE_KEY_TEXT_SIZE];
	char secret_key[WIRE_KEY_TEXT_SIZE];
	char public_text[512];
	char secret_text[512];
	wire_key_print(&self->key, public_key);
	zmq_z85_encode(secret_key, self->secret_key, WIRE_KEY_SIZE);
	snprintf(public_text, sizeof(public_text), layout, "wenzheng public key: give it to the other side",
		public_key, "", "", "");
	snprintf(secret_text, sizeof(secret_text), layout, "wenzheng SECRET key: show it to nobody",
		public_key, "    secret-key = \"", secret_key, "\"\n");

	bool created = create_file(secret_path, S_IRUSR | S_IWUSR, secret_text, fault);
	if (created && !create_file(public_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, public_text, fault)) {
		unlink(secret_path);
		created = false;
	}
	explicit_bzero(secret_key, sizeof(secret_key));
	explicit_bzero(secret_text, sizeof(secret_text));
	return created;
}

bool wire_key_pair_save(const struct wire_key_pair *self, const char *name, struct fault *fault)
{
	REQUIRE(self && name && fault);
	char public_path[PATH_MAX];
	char secret_path[PATH_MAX];
	int size = snprintf(secret_path, sizeof(secret_path), "%s.key_secret", name);
	if ((size_t)size >= sizeof(secret_path))
		return fault_set(fault, "%.100s…: the path is too long", name);
	snprintf(public_path, sizeof(public_path), "%.*s", size - (int)strlen("_secret"), secret_path);
	return create_both(self, public_path, secret_path, fault);
}
