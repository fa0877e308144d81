#ifndef WENZHENG_WORKERS_AS_JSON_H
#define WENZHENG_WORKERS_AS_JSON_H

#include <jansson.h>

#include "client/wenzheng/portal.h"
#include "workers/tool.h"

/* What the library tells, as JSON objects: absent fields are left out, times are RFC 3339 at the tool's
 * offset. The caller owns the object. */
json_t *as_json_case(const struct tool *tool, const struct wz_case *of);
json_t *as_json_event(const struct tool *tool, const struct wz_event *event);
json_t *as_json_receipt(const struct tool *tool, const struct wz_receipt *receipt);

/* For other objects of the same style. */
void as_json_text(json_t *object, const char *key, const char *text);
void as_json_number(json_t *object, const char *key, int64_t number);
void as_json_time(const struct tool *tool, json_t *object, const char *key, int64_t us);

/* One line, without the newline; the caller frees it. */
char *as_json_line(const json_t *object);

#endif
