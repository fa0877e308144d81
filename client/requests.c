#include "client/requests.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/assert.h"
#include "base/memory.h"

void requests_init(struct requests *self)
{
	*self = (struct requests){.table = memory_new(REQUESTS_TABLE_SIZE, sizeof(struct request *))};
}

void requests_deinit(struct requests *self)
{
	for (int state = 0; state < REQUEST_STATES; state++)
		while (self->lists[state])
			requests_remove(self, self->lists[state]);
	ENSURE(self->count == 0);
	free(self->table);
	*self = (struct requests){0};
}

static struct request **chain_of(const struct requests *self, int64_t req)
{
	return &self->table[(uint64_t)req % REQUESTS_TABLE_SIZE];
}

static void insert(struct requests *self, struct request *request)
{
	struct request **list = &self->lists[request->state], *before;
	if (request->state != REQUEST_TO_SEND || !*list) {
		DL_APPEND(*list, request);
		return;
	}
	/* Nearly always it is the newest, or as old as the first. */
	if (request->req < (*list)->req) {
		DL_PREPEND(*list, request);
		return;
	}
	before = (*list)->prev; /* the last one */
	while (before->req > request->req)
		before = before->prev;
	DL_APPEND_ELEM(*list, before, request);
}

struct request *requests_add(struct requests *self, enum kind kind, int purpose)
{
	struct request *request = memory_new(1, sizeof(*request));
	*request = (struct request){
		.req = ++self->last_req, .kind = kind, .purpose = purpose, .map = BUFFER_NULL};
	struct request **chain = chain_of(self, request->req);
	request->hash_next = *chain;
	*chain = request;
	self->count++;
	insert(self, request);
	return request;
}

struct request *requests_find(const struct requests *self, int64_t req)
{
	struct request *request = *chain_of(self, req);
	while (request && request->req != req)
		request = request->hash_next;
	return request;
}

void requests_move(struct requests *self, struct request *request, enum request_state to, struct mono at)
{
	DL_DELETE(self->lists[request->state], request);
	request->state = to;
	request->at = at;
	insert(self, request);
}

void requests_remove(struct requests *self, struct request *request)
{
	struct request **link = chain_of(self, request->req);
	while (*link != request)
		link = &(*link)->hash_next;
	*link = request->hash_next;
	DL_DELETE(self->lists[request->state], request);
	self->count--;
	buffer_deinit(&request->map);
	free(request);
}

void requests_refresh(struct requests *self, struct mono sent_by, struct mono now)
{
	struct request *sent;
	while ((sent = self->lists[REQUEST_SENT]) && !mono_before(sent_by, sent->at))
		requests_move(self, sent, REQUEST_TO_SEND, now);
	struct request *resting = self->lists[REQUEST_RESTING], *next;
	for (; resting; resting = next) {
		next = resting->next;
		if (!mono_before(now, resting->at))
			requests_move(self, resting, REQUEST_TO_SEND, now);
	}
}

void requests_resend_all(struct requests *self)
{
	/* From the newest to the oldest: each one then comes to stand before what is there. */
	while (self->lists[REQUEST_SENT])
		requests_move(self, self->lists[REQUEST_SENT]->prev, REQUEST_TO_SEND, (struct mono){0});
}

struct mono requests_oldest(const struct requests *self)
{
	return self->lists[REQUEST_SENT] ? self->lists[REQUEST_SENT]->at : MONO_NEVER;
}

struct mono requests_first_rested(const struct requests *self)
{
	struct mono first = MONO_NEVER;
	for (const struct request *request = self->lists[REQUEST_RESTING]; request; request = request->next)
		first = mono_min(first, request->at);
	return first;
}
