#include "tests/torture/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/assert.h"

static void write_text(const struct place *place, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", place->base, name);
	FILE *file = fopen(path, "we");
	ENSURE(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0600) == 0);
}

static void copy(const struct place *place, const char *from, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(from, "re");
	ENSURE(file && getdelim(&text, &size, '\0', file) > 0 && fclose(file) == 0);
	write_text(place, name, text);
	free(text);
}

void house_make(const struct place *place, struct house *ret_house)
{
	char text[512], name[256], key[WIRE_KEY_TEXT_SIZE];
	struct fault fault;
	write_text(place, "wenzhengd.yaml",
		"portal_endpoint: tcp://127.0.0.1:*\nworker_endpoint: tcp://127.0.0.1:*\n"
		"operator_endpoint: tcp://127.0.0.1:*\nprofile: profile.yaml\nprincipals: principals.yaml\n"
		"calendar: calendar.ics\nkeys: .\nstore: trial/wenzheng.db\ndisk_reserve_mb: 1\n");
	copy(place, "profiles/guangdong.yaml", "profile.yaml");
	copy(place, "profiles/calendars/cn.ics", "calendar.ics");
	write_text(place, "query-code.key",
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
	wire_key_pair_generate(&ret_house->server);
	wire_key_pair_generate(&ret_house->portal);
	snprintf(name, sizeof(name), "%s/wenzhengd", place->base);
	ENSURE(wire_key_pair_save(&ret_house->server, name, &fault));
	wire_key_print(&ret_house->server.key, key);
	snprintf(text, sizeof(text), "curve\n    public-key = \"%s\"\n", key);
	write_text(place, "contact.key", text); /* whose it is matters to nobody here */
	wire_key_print(&ret_house->portal.key, key);
	snprintf(text, sizeof(text), "principals:\n  - {name: web, role: portal, key: \"%s\"}\n", key);
	write_text(place, "principals.yaml", text);
}
