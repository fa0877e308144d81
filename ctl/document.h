#ifndef WENZHENG_CTL_DOCUMENT_H
#define WENZHENG_CTL_DOCUMENT_H

#include <jansson.h>

#include "proto/message.h"

/* A message of WZP/1, or an item of one, as JSON: the protocol's field names in the table's order, without
 * `req`; times as RFC 3339. The caller's. */
json_t *document_of(const struct message *message);

/* Writes it as one line on standard output, and gives the caller's reference back. */
void document_print(json_t *document);

#endif
