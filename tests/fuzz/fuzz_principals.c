#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "daemon/host/principals_yaml.h"

/*
 * Any text as principals: refused with a reason, or a table in which everybody is found by name and by key,
 * and only workers serve departments.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_principal(const struct principals *principals, const struct principal *one)
{
	ENSURE(principals_find_key(principals, one->key) == one);
	ENSURE(principals_find_name(principals, span_of_string(one->name)) == one);
	ENSURE((one->role == ROLE_WORKER) == (one->departments_count > 0));
	for (uint32_t i = 0; i < one->departments_count; i++)
		ENSURE(principal_serves(one, span_of_string(one->departments[i])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	digest_start();
	struct fault fault = FAULT_NONE;
	struct span text = span_of(data, size);
	struct principals *principals = principals_yaml_parse("k", text, NULL, &fault);
	if (!principals) {
		ENSURE(strncmp(fault.text, "k:", 2) == 0);
		return 0;
	}
	const struct principal *one;
	for (uint32_t i = 0; (one = principals_at(principals, i)); i++)
		check_principal(principals, one);
	struct digest digest = principals_digest(principals);
	principals_destroy(&principals);
	principals = principals_yaml_parse("k", text, NULL, &fault);
	ENSURE(principals);
	struct digest again = principals_digest(principals);
	ENSURE(digest_equal(&digest, &again));
	principals_destroy(&principals);
	return 0;
}
