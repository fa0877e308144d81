"""The planted bugs: each is a mistake that somebody could have made, and the check that has to notice it.

To add one, append a Plant:

    name      what the mistake is, in the words of a test's name; unique
    promise   which promise of docs/ARCHITECTURE.md §5 it breaks (or "wire", "calendar", …)
    file      the source it stands in
    old, new  text of that file and what stands there instead. `old` must stand there exactly once: a plant that no
              longer fits is an error, and whoever changes the line finds the mistake it used to guard against
    check     the command that must fail: program("test-…", …), simulator(seeds), blackbox("test_x.py", "words of -k"),
              or Check(("tests/x/run", "{bin}"), programs=("wenzhengd",)); {bin} is the folder with the spoiled programs
    sign      a regular expression that must be in its output: it has to fail for this reason and not for another.
              In place of a sign, TIMEOUT means that the mistake is noticed by its never ending
    nightly   True if it takes longer than a few seconds

More than one place: file, old and new may be tuples of the same length.
"""

import dataclasses

TIMEOUT = None
PYTEST = ("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")


@dataclasses.dataclass(frozen=True)
class Check:
    words: tuple
    programs: tuple
    preset: str = "release"  # the build it stands on; "asan" for what a sanitizer has to see
    seconds_max: int = 60


@dataclasses.dataclass(frozen=True)
class Plant:
    name: str
    promise: str
    file: object
    old: object
    new: object
    check: Check
    sign: str
    nightly: bool = False


def program(name, *arguments, preset="release"):
    return Check(("{bin}/" + name, *arguments), (name,), preset)


def simulator(seeds=40):
    return program("test-sim", "--first", "1", "--seeds", str(seeds))


def blackbox(file, words, *programs):
    return Check((*PYTEST, f"tests/blackbox/{file}", "-k", words), programs or ("wenzhengd",))


SIM_SAYS = r"replay: test-sim --seed|assertion failed"

PLANTS = [
    # 1. A receipt means fsync.
    Plant("answers leave before the commit", "1", "daemon/shell/turn.c",
          "\tif (r == 0)\n\t\tr = commit(self);\n\tif (r > 0)\n\t\treturn store_full(self);",
          "\toutgoing_send(self);\n\tif (r == 0)\n\t\tr = commit(self);\n\tif (r > 0)\n\t\treturn store_full(self);",
          simulator(), SIM_SAYS),
    Plant("SQLite syncs at checkpoints only", "1", "daemon/store/sqlite_schema.c",
          '{"synchronous", "2", "2"}', '{"synchronous", "1", "1"}',
          program("test-store-sqlite_open"), r"\[  FAILED  \]"),
    Plant("a commit is reported and not made", "1", "daemon/store/sqlite_commit.c",
          "r = sqlite_write(self, sqlite_start(self, QUERY_COMMIT));",
          "r = sqlite_write(self, sqlite_start(self, QUERY_ROLLBACK)), sqlite_begin(self);",
          program("test-store-sqlite_crash"), r"\[  FAILED  \]|assertion failed"),
    Plant("the witness speaks before the commit", "1", "daemon/store/sqlite_commit.c",
          "\tif (r == 0)\n\t\tr = sqlite_write(self, sqlite_start(self, QUERY_COMMIT));",
          "\tself->committed = self->now;\n\tif (r == 0)\n\t\tr = sqlite_witness_tell(self);\n"
          "\tif (r == 0)\n\t\tr = sqlite_write(self, sqlite_start(self, QUERY_COMMIT));",
          program("test-crash", "--recoveries", "4000", "--seed", "1"), r"corrupt [1-9]"),
    Plant("the witness is not asked", "1", "daemon/store/sqlite_witness.c",
          "if (batch >= witness->batch)", "if (batch >= 0)",
          program("test-damage", "--damages", "2000", "--seed", "11"), r"served wrong"),
    Plant("a batch of cursors alone is not counted", "1", "daemon/store/sqlite_commit.c",
          "\tself->now.batch = self->committed.batch + 1;\n",
          "\tif (self->now.seq == self->committed.seq)\n\t\treturn 0;\n"
          "\tself->now.batch = self->committed.batch + 1;\n",
          program("test-store-sqlite_witness"), r"FAILED.*cursors_alone"),
    Plant("beside an empty database the witness is not asked", "1", "daemon/store/sqlite_open.c",
          "if (!sqlite_witness_agrees(self, 0, 0, ret_fault))\n\t\treturn false;\n\tif (!has_wal",
          "if (!sqlite_witness_agrees(self, 0, 0, ret_fault))\n\t\treturn true;\n\tif (!has_wal",
          program("test-store-sqlite_witness"), r"FAILED.*emptied_database"),
    Plant("a WAL without its database is deleted", "1", "daemon/store/sqlite_open.c",
          "\tif (!has_wal(self->db))\n", "\tif (!has_wal(self->db) || true)\n",
          program("test-store-sqlite_witness"), r"FAILED.*emptied_database"),
    Plant("a restore leaves the old store's witness where it is", "backup", "daemon/host/restore_place.c",
          "\tremove_beside(self, self->name);\n", "",
          blackbox("test_restore.py", "given_up_only_by_name"), r"its end is lost"),

    # 2. One message, one case.
    Plant("the last number of a day is looked for in one table", "2", "daemon/store/sqlite_statements.c",
          " UNION ALL\"\n\t\t\" SELECT max(case_id) FROM cases WHERE case_id BETWEEN ?1 AND ?2)", ")",
          program("test-store-damaged_rows"), r"FAILED"),
    Plant("the same id makes a second case", "2", "daemon/core/decide_submit.c",
          "\tif (!facts->known)\n", "\tif (true)\n",
          program("test-core-life"), r"the_same_id_is_repeated_or_a_conflict"),
    Plant("a portal's id hides another portal's", "2", "daemon/store/sqlite_statements.c",
          "WHERE m.portal = ? AND m.message_id = ?", "WHERE m.portal >= ? AND m.message_id = ?",
          blackbox("test_the_way_of_a_message.py", "two_portals_may_use_the_same_id"), r"FAILED tests/blackbox"),
    Plant("the body is left out of what the same content means", "2", "daemon/core/decide_submit.c",
          "\tbuffer_append_prefixed(&bytes, request->body);\n", "",
          blackbox("test_the_way_of_a_message.py", "other_content_is_a_conflict"), r"FAILED tests/blackbox"),
    Plant("a resend gets another query code", "2", "daemon/shell/case_fields.c",
          "buffer_append_u64(&bytes, (uint64_t)case_id);", "buffer_append_u64(&bytes, (uint64_t)case_id + self->turns);",
          blackbox("test_the_way_of_a_message.py", "same_receipt_for_ever"), r"FAILED tests/blackbox"),

    # 3. At least once until taken, one holder.
    Plant("an offer keeps its epoch", "3", "daemon/core/decide_due.c",
          "offered->epoch = record->epoch + 1;", "offered->epoch = record->epoch ? record->epoch : 1;",
          program("test-core-life"), r"with_a_higher_epoch"),
    Plant("a stale epoch is let through", "3", "daemon/core/decide_worker.c",
          "if (request->epoch != it.record->epoch)", "if (false)",
          program("test-core-life"), r"\[  FAILED  \]"),
    Plant("an offer leaves before its epoch is durable", "3", "daemon/shell/announce.c",
          "\toutgoing_end(self, &writer);\n\treturn 0;\n}\n\nint announce_after",
          "\toutgoing_end(self, &writer);\n\toutgoing_send(self);\n\treturn 0;\n}\n\nint announce_after",
          simulator(), SIM_SAYS),
    Plant("triage takes a case from a department that is there", "3", "daemon/core/decide_worker.c",
          "is_departments && !self->departments[record->department].in_profile &&", "is_departments &&",
          program("test-core-life"), r"waits_at_triage"),
    Plant("triage takes a case from a process that has it", "3", "daemon/core/decide_worker.c",
          "(record->state == CASE_TAKEN && !(record->flags & CASE_PROCESS))", "record->state == CASE_TAKEN",
          simulator(), SIM_SAYS),
    Plant("a restart leaves offers standing", "3", "daemon/core/apply.c",
          "if (case_at(core, slot)->state != CASE_OFFERED)", "if (true)",
          simulator(), SIM_SAYS),
    Plant("the start is not journaled", "3", "daemon/shell/shell.c",
          "\tif (r == 0)\n\t\tr = note(\n\t\t\tself, RECORD_STARTED, SPAN_EMPTY, SPAN_EMPTY, "
          "span_of_string(options->version), NULL);\n", "",
          simulator(), SIM_SAYS),
    Plant("a lease never runs out", "3", "daemon/core/decide_due.c",
          "if (heap_first(self->mono, &slot) > now.mono.us)", "if (true)",
          program("test-core-life"), r"a_lease_that_runs_out"),
    Plant("a worker may answer for any department", "3", "daemon/core/decide_worker.c",
          "if (worker->departments[i] == department)", "if (true)",
          program("test-core-life"), r"a_stranger_to_the_case"),
    Plant("process custody binds nobody", "3", "daemon/core/decide_worker.c",
          "(!(record->flags & CASE_PROCESS) || record->holder == it->worker->holder)", "true",
          program("test-core-life"), r"process_custody"),

    # 4. Every change is a record; the projection follows it.
    Plant("a changed row is now and then not written", "4", "daemon/shell/turn.c",
          "int r = store->interface->put_case(store, &row);",
          "int r = row.case_id % 7 ? store->interface->put_case(store, &row) : 0;",
          simulator(), SIM_SAYS),
    Plant("a row forgets that its case was ruled on", "4", "daemon/core/case_table.c",
          "\t\t.final_ruling = record->flags & CASE_FINAL,\n", "",
          program("test-core-records"), r"a_ruling"),
    Plant("the chain leaves out who did it", "4", "daemon/store/chain.c",
          "#define PUT_TEXT(to, value)   canonical_put_text(to, value)",
          "#define PUT_TEXT(to, value)   canonical_put_text(to, span_of((value).data, (value).size & ~(size_t)1))",
          program("test-store-chain"), r"\[  FAILED  \]|assertion failed"),
    Plant("a daemon goes on from a journal that was changed", "4", "daemon/store/sqlite_open.c",
          "if (!is_believed && !digest_equal(&head, &stored))", "if (false)",
          blackbox("test_verify.py", "a_journal_with_a_changed_end"), r"FAILED tests/blackbox"),
    Plant("verify does not follow the chain", "4", "daemon/store/verify.c",
          "record.seq == walk->seq + 1 && !digest_equal(&head, &stored)", "false",
          program("test-store-verify"), r"\[  FAILED  \]"),
    Plant("a damaged text is served", "4", "daemon/store/sqlite_read.c",
          "\tif (!is_whole) {", "\tif (!is_whole && row.ordinal > 99) {",
          program("test-store-verify"), r"\[  FAILED  \]"),

    # 5. Every event in order until SEEN.
    Plant("a stream loses an event now and then", "5", "daemon/shell/streams.c",
          "r = send_event(self, watcher, &page->records[i]);",
          "r = page->records[i].seq % 64 ? send_event(self, watcher, &page->records[i]) : 0;",
          simulator(), SIM_SAYS),
    Plant("a cursor moves without SEEN", "5", "daemon/shell/streams.c",
          "\twatcher->sent = record->seq;\n\treturn 0;",
          "\twatcher->sent = record->seq;\n"
          "\tstruct cursor *cursor = streams_cursor(self, span_of_string(watcher->principal));\n"
          "\tcursor->seen = record->seq, cursor->dirty = self->cursors_dirty = true;\n\treturn 0;",
          blackbox("test_streams.py", "what_is_not_seen_comes_again"), r"FAILED tests/blackbox"),

    # 6. Each rung once per due-version.
    Plant("a rung fires an hour early", "6", "daemon/core/ladder.c",
          "\t*ret_moment = moment;\n", "\t*ret_moment = (struct instant){moment.us - US_PER_HOUR};\n",
          program("test-core-time"), r"the_ladder_fires_each_rung_once"),
    Plant("a fired rung is forgotten at the restart", "6", "daemon/core/core.c",
          "record->fired = (uint16_t)row->fired;", "record->fired = 0;",
          simulator(), SIM_SAYS),
    Plant("a moved deadline keeps the rungs of the old one", "6", "daemon/core/apply.c",
          "\ttarget->fired = 0;\n", "",
          program("test-core-time"), r"a_later_due_moment_applies"),
    Plant("the ladder trusts a clock that jumped", "6", "daemon/core/ladder.c",
          "if (self->clock.held || self->recompute_at", "if (self->recompute_at",
          program("test-core-time"), r"a_clock_that_jumps"),
    Plant("make-up days do not count", "calendar", "calendar/deadline.c",
          "(kind == WORKDAYS_MAKEUP && policy->makeup_day_counts)", "false",
          program("test-calendar-deadline"), r"\[  FAILED  \]"),
    Plant("a deadline beyond the published days claims to be firm", "calendar", "calendar/deadline.c",
          "deadline.provisional = walk.provisional;", "deadline.provisional = false;",
          program("test-core-time"), r"a_provisional_due_moment"),
    Plant("the reminder comes on a day off", "calendar", "calendar/deadline.c",
          "n -= counts(workdays, policy, date);", "n -= 1;",
          program("test-calendar-deadline"), r"\[  FAILED  \]"),

    Plant("a new calendar moves an announced deadline to an earlier day", "6", "daemon/core/ladder.c",
          "&& !self->options.profile->due_may_move_earlier) {", "&& false) {",
          program("test-core-time"), r"an_earlier_due_moment_does_not_apply"),
    Plant("a holder that comes back is a new one", "3", "daemon/core/roster.c",
          "\t\tadopt_orphans(self, worker);\n", "",
          program("test-core-restart"), r"a_process_that_comes_back|assertion failed"),
    Plant("the turn waits for a message when work is left", "7", "daemon/shell/turn.c",
          "\tself->more = true;\n\treturn 0;\n}", "\treturn 0;\n}",
          program("test-shell-turn"), r"one_turn_reads_so_many"),

    # 7. Nothing is dropped.
    Plant("losses beyond the third are not counted", "7", "daemon/core/apply.c",
          "\tchange->target->losses = (uint8_t)change->record->number;\n\tenqueue",
          "\tchange->target->losses = (uint8_t)(change->record->number < 3 ? change->record->number : 3);\n\tenqueue",
          program("test-core-life"), r"five_lost_holders"),
    Plant("the last rule that holds decides instead of the first", "7", "daemon/rules/routing.c",
          "for (uint32_t i = 0; i < profile->rules_count; i++)\n\t\tif (rule_holds",
          "for (uint32_t i = profile->rules_count; i-- > 0;)\n\t\tif (rule_holds",
          program("test-rules-routing"), r"\[  FAILED  \]"),
    Plant("a case that comes to triage is in nobody's stream", "7", "daemon/core/decide_submit.c",
          "\telse\n\t\trouted->stream = STREAM_TRIAGE;\n", "",
          blackbox("test_streams.py", "triage_and_operators_have_streams"), r"FAILED tests/blackbox"),

    # 8. A failed write stops the daemon; a full disk does not.
    Plant("a full disk leaves everybody without an answer", "8", "daemon/shell/store_full.c",
          "\toutgoing_refuse(self);", "\tself->outgoing_count = 0;",
          program("test-shell-kinds"), r"\[  FAILED  \]"),
    Plant("on a full disk a SEEN is refused, and its stream stands still", "8", "daemon/shell/turn.c",
          "self->stopped_writing && needs_disk(message.kind)", "self->stopped_writing",
          program("test-shell-turn"), r"what_is_seen_while_the_disk_is_full"),
    Plant("a full disk makes the daemon forget its clock", "6", "daemon/shell/shell.c",
          "\tif (self->turns > 0)\n\t\tpast.known = &self->known_clock;\n", "",
          simulator(), SIM_SAYS),
    Plant("a failed write is passed over", "8", "daemon/store/sqlite_commit.c",
          "\tself->failed = true;\n\tint error = sqlite_fatal(self, result, what);\n\tsqlite_settle(self);\n"
          "\treturn error;",
          "\t(void)what, (void)result;\n\tsqlite_settle(self);\n\treturn 0;",
          program("test-store-sqlite_full"), r"\[  FAILED  \]|assertion failed"),
    Plant("the disk's reserve is given to new messages", "8", "daemon/shell/store_full.c",
          "bool low = room < self->options.disk_reserve;", "bool low = room < 0;",
          blackbox("test_full_disk.py", "below_the_reserve"), r"FAILED tests/blackbox"),

    # 9. Nobody gets in, nobody sees what is not theirs.
    Plant("the doorkeeper lets an unknown key in", "9", "wire/zap.c",
          'reason = "key not allowed in this zone";', "reason = NULL;",
          program("test-wire-zap"), r"\[  FAILED  \]"),
    Plant("without a doorkeeper every key is let in", "9", "wire/server.c",
          '\t\t{OPTION_ZAP_ENFORCE_DOMAIN, 1, "ZAP_ENFORCE_DOMAIN"},\n', "",
          program("test-wire-server_options"), r"test_every_option_has_its_value"),
    Plant("a second peer of one routing id takes what is for the first", "9", "wire/server.c",
          "{ZMQ_ROUTER_HANDOVER, 0,", "{ZMQ_ROUTER_HANDOVER, 1,",
          program("test-wire-server_options"), r"test_a_second_peer_of_one_routing_id"),
    Plant("a revoked key goes on being served", "9", "daemon/shell/turn.c",
          "if (!principal || principal->revoked) {", "if (!principal) {",
          program("test-shell-admission"), r"a_key_revoked_by_a_reload"),
    Plant("a revoked key gets in anew", "9", "daemon/shell/configure.c",
          "return principal && !principal->revoked && zone_of_role", "return principal && zone_of_role",
          program("test-shell-admission"), r"a_key_revoked_by_a_reload"),
    Plant("a revoked key comes back with a restart", "9", "daemon/shell/configure.c",
          "\tif (record->kind == RECORD_REVOKED)\n\t\tadd_revoked(self, &record->digest);", "\t(void)self, (void)record;",
          program("test-shell-configure"), r"neither_a_restart_nor_the_file"),
    Plant("a reload puts a revoked key in force again", "9", "daemon/shell/configure.c",
          "principals_without(self->options.principals, self->revoked, self->revoked_count)", "principals_without(self->options.principals, NULL, 0)",
          program("test-shell-configure"), r"neither_a_restart_nor_the_file|a_revoked_key_is_dead"),
    Plant("who reloaded is not said", "4", "daemon/shell/configure.c",
          'snprintf(self->configured_by, sizeof(self->configured_by), "%s", by);', "self->configured_by[0] = *by ? '\\0' : '\\0';",
          program("test-shell-configure"), r"what_has_changed_is_named"),
    Plant("a key opens every zone", "9", "daemon/shell/turn.c",
          "if (!here || !(kind_info", "if (!(kind_info",
          program("test-shell-kinds"), r"a_role_in_another_zone"),
    Plant("whoever is in may say everything", "9", "daemon/shell/turn.c",
          "->senders & role)) {", "->senders & UINT32_MAX)) {",
          program("test-shell-kinds"), r"every_role_may_say|assertion failed"),
    Plant("HELD shows what other departments hold", "9", "daemon/shell/handle_held.c",
          "if (span_equal(worker->departments[i], row->department))", "if (row->department.size)",
          program("test-shell-admission"), r"what_one_department_holds"),
    Plant("any well-formed query code opens a case", "9", "daemon/shell/handle_portal.c",
          "return readable && digest_equal(&a, &b);", "return readable;",
          blackbox("test_the_way_of_a_message.py", "the_query_code_opens_its_case"), r"FAILED tests/blackbox"),
    Plant("a stream is another portal's as well", "9", "daemon/shell/streams.c",
          'watcher->stream, sizeof(watcher->stream), STREAM_PORTAL_PREFIX "%s", principal->name);',
          'watcher->stream, sizeof(watcher->stream), STREAM_PORTAL_PREFIX "%s", "web");',
          blackbox("test_streams.py", "events_of_its_own_portal_only"), r"FAILED tests/blackbox"),
    Plant("the log tells what a citizen wrote", "9", "daemon/shell/handle_portal.c",
          "\tanswer_accepted(request, &decision);\n",
          "\tanswer_accepted(request, &decision);\n"
          "\tstruct log_entry entry = {.event = LOG_WORKER_READY, .principal = submission.request.title};\n"
          "\tself->options.io->log(self->options.io, &entry);\n",
          blackbox("test_service.py", "a_log_never_holds"), r"FAILED tests/blackbox"),
    Plant("a printed message shows the query code", "9", "proto/print.c",
          "if (field == FIELD_QUERY_CODE ||", "if (",
          program("test-proto-print"), r"\[  FAILED  \]"),
    Plant("a portal may send as much as it likes", "9", "daemon/core/decide_submit.c",
          "\tif (missing > 0)\n", "\tif (false)\n",
          program("test-core-life"), r"a_portal_above_its_rate"),

    # The wire's bytes.
    Plant("a count that no bytes can follow is believed", "wire", "proto/scan.c",
          "if (parts > left)", "if (false)",
          program("test-proto-scan"), r"\[  FAILED  \]|assertion failed"),
    Plant("bytes after the map are passed over", "wire", "proto/scan.c",
          "if (outcome == SCAN_OK && size != bytes.size)", "if (false)",
          program("test-proto-scan"), r"\[  FAILED  \]"),
    Plant("texts need not be UTF-8", "wire", "proto/values.c",
          "return utf8_is_text(text, one_line ? UTF8_ONE_LINE : UTF8_SEVERAL_LINES) ? ERROR_NONE",
          "return (one_line || true) ? ERROR_NONE",
          program("test-proto-decode"), r"\[  FAILED  \]"),
    Plant("a key may stand twice in a map", "wire", "proto/decode.c",
          "if (self->seen[field / 64] & bit)", "if (false)",
          program("test-proto-decode"), r"\[  FAILED  \]"),
    Plant("a frame of any size is taken in before it is looked at", "wire", "wire/server.c",
          "\tif (!wire_socket_set_frame_limit(socket, fault))\n\t\treturn false;\n", "",
          program("test-wire-server_options"), r"test_every_option_has_its_value"),
    Plant("a frame's bytes are read one beyond their end", "wire", "proto/scan.c",
          "if (bytes.size - 1 < form->width)", "if (bytes.size < form->width)",
          program("test-proto-scan", preset="asan"), r"AddressSanitizer|\[  FAILED  \]|assertion failed"),

    # The laboratory.
    Plant("a store that is no laboratory has a clock to set", "laboratory", "daemon/shell/clock.c",
          "\tif (!self->identity.laboratory) {\n\t\tanswer_error", "\tif (false) {\n\t\tanswer_error",
          blackbox("test_time.py", "a_clock_that_is_no_laboratorys"), r"FAILED tests/blackbox"),

    # The log.
    Plant("whoever is refused again and again fills the log", "9", "daemon/host/log_limit.c",
          "if (source->written == most) {", "if (false) {",
          blackbox("test_the_log.py", "refused_again_and_again"), r"FAILED tests/blackbox"),
    Plant("what was left out of the log is not counted", "9", "daemon/host/log_limit.c",
          "\t\tsource->left_out++;\n", "",
          program("test-host-log"), r"who_floods_the_log"),
    Plant("one who floods the log hides the others", "9", "daemon/host/log_limit.c",
          "source->event == event && strcmp(source->principal, principal) == 0", "source->event == event",
          program("test-host-log"), r"who_floods_the_log"),
    Plant("an event has another id than the catalog knows", "log", "daemon/host/log_events.c",
          "e913e68f26fe4f2c8ecdd6f915969763", "e913e68f26fe4f2c8ecdd6f915969764",
          program("test-host-log_catalog"), r"both_catalogs_explain"),
    Plant("a case's record does not say which portal it came from", "log", "daemon/shell/announce.c",
          "\t\t.portal = row.portal,\n", "",
          blackbox("test_the_log.py", "each_event_is_a_record"), r"FAILED tests/blackbox"),
    Plant("the journal is spoken to though nobody reads it there", "log", "daemon/host/log.c",
          "return strcmp(own, stream) == 0;", "return true;",
          program("test-host-log"), r"the_journal_is_spoken_to_only"),
    Plant("the loop waits for a manager and a journal that do not read", "7", "daemon/host/datagram.c",
          "SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK", "SOCK_DGRAM | SOCK_CLOEXEC",
          blackbox("test_service.py", "manager_that_does_not_read"), r"(FAILED|ERROR) tests/blackbox"),
    Plant("READY that was not taken is never said again", "log", "daemon/host/service.c",
          "\tif (self->ready_unsaid)\n\t\tservice_ready(self);\n", "",
          program("test-host-service"), r"a_manager_that_does_not_read"),
    Plant("the oldest case has waited on days off", "calendar", "daemon/shell/status.c",
          "civil_date_of(oldest, offset),", "(struct civil_date){civil_date_of(oldest, offset).days - 7},",
          program("test-shell-oldest"), r"days_off_are_not_waited"),

    # What the long checkers are there for.
    Plant("a commit is not forced to the disk (power cuts)", "1", "daemon/store/sqlite_schema.c",
          '{"synchronous", "2", "2"}', '{"synchronous", "1", "1"}',
          program("test-crash", "--recoveries", "4000", "--seed", "1"), r"lost [1-9]|is lost|not there|lost"),
    Plant("answers leave before the commit (real processes)", "1", "daemon/shell/turn.c",
          "\tif (r == 0)\n\t\tr = commit(self);\n\tif (r > 0)", "\tif (r == 0) {\n\t\toutgoing_send(self);\n\t\tr = commit(self);\n\t}\n\tif (r > 0)",
          Check(("/usr/bin/python3", "tests/history/run.py", "--seed", "100", "--fail-fast"), ("wenzhengd",), seconds_max=120),
          r"lost|failed", nightly=True),
    Plant("a case's row is believed without its sum", "8", "daemon/store/sqlite_walk.c",
          "(self->read_only || sum == sqlite_sum_case(ret_row))", "(self->read_only || sum != 0)",
          program("test-damage", "--damages", "3000", "--seed", "1"), r"served wrong", nightly=True),
    Plant("a message's row is believed without its sum", "8", "daemon/store/sqlite_read.c",
          "(self->read_only || sum == sqlite_sum_message(ret_row))", "(self->read_only || sum != 0)",
          program("test-damage", "--damages", "3000", "--seed", "1"), r"served wrong", nightly=True),
    Plant("a make-up day is no working day", "6", "calendar/deadline.c",
          "WORKDAYS_MAKEUP && policy->makeup_day_counts", "WORKDAYS_MAKEUP && !policy->makeup_day_counts",
          program("test-lives", "--first", "1", "--lives", "20000"), r"does not hold|early|fail"),
    Plant("a reload forgets that due moments may have moved", "6", "daemon/core/core.c",
          "\t\tself->recompute_at = 0;\n\tconst struct", "\t\tself->recompute_at = SLOT_NONE;\n\tconst struct",
          simulator(60), SIM_SAYS),
    Plant("a descriptor stays open when a file is no good", "8", "daemon/host/yaml_file.c",
          "int fd CLEANUP(cleanup_close) = open(", "int fd = open(",
          program("test-torture", "--scene", "configuration", "--family", "system", "--seed", "3"), r"bad|open"),
    Plant("memory that could not grow is used", "8", "base/memory.c",
          "\tENSURE(grown);", "",
          program("test-torture", "--scene", "codec", "--family", "memory", "--seed", "3"), r"bad|SIGSEGV|signal"),

    # What nobody may learn.
    Plant("contact details stand in the log", "9", ("daemon/shell/contact.c", "daemon/shell/contact.c"),
          ("#include <errno.h>\n", "\tself->options.io->seal(self->options.io, case_id, contact, box);"),
          ("#include <errno.h>\n#include <stdio.h>\n",
           "\tself->options.io->seal(self->options.io, case_id, contact, box);\n"
           "\tfprintf(stderr, \"%.*s\", SPAN_PRINT(contact));"),
          blackbox("test_canaries.py", "nowhere_but"), r"contact details in daemon.log"),
    Plant("contact details are known by a digest without a key", "9", "daemon/shell/contact.c",
          "digest_keyed(&self->options.query_code_key, buffer_span(&bytes))", "digest_of(contact)",
          blackbox("test_canaries.py", "nowhere_but"), r"contact details in|FAILED tests/blackbox"),
    Plant("a frame is freed with what a citizen said in it", "9", "wire/message.c",
          "\t\texplicit_bzero((void *)(uintptr_t)bytes.data, bytes.size);", "\t\t(void)bytes;",
          blackbox("test_canaries.py", "memory_forgets"), r"contact details in memory"),
    Plant("the journal's fields tell what a citizen wrote", "9", "daemon/shell/handle_portal.c",
          "\tanswer_accepted(request, &decision);\n",
          "\tanswer_accepted(request, &decision);\n"
          "\tstruct log_entry entry = {.event = LOG_WORKER_READY, .principal = submission.request.category};\n"
          "\tself->options.io->log(self->options.io, &entry);\n",
          blackbox("test_the_log.py", "no_record_holds"), r"contact details in the journal"),
    Plant("an aborted daemon leaves its memory in a file", "9", "daemon/host/service.c",
          "prctl(PR_SET_DUMPABLE, 0,", "prctl(PR_SET_DUMPABLE, 1,",
          blackbox("test_canaries.py", "no_image"), r"FAILED tests/blackbox"),
    Plant("contact details are handed out before it is written to whom", "9", "daemon/shell/contact.c",
          "\tr = note_opening(request, case_id, span_of_string(department), span_of_string(portal));",
          "\t(void)note_opening;\n\t(void)department;\n\t(void)portal;",
          blackbox("test_contacts.py", "history_says"), r"FAILED tests/blackbox"),
    Plant("a box does not say which case it is of", "9", "base/seal.c",
          "if ((int64_t)be64toh(about) != number)", "if (false)",
          program("test-base-seal"), r"\[  FAILED  \]"),
    Plant("an exchanged key keeps what the old one opened", "9", "daemon/rules/principals.c",
          "memcmp(is->key, was->key, PRINCIPAL_KEY_SIZE) == 0", "true",
          program("test-core-roster_corners"), r"\[  FAILED  \]"),
    Plant("a case that was spoken of often can never be answered", "7", "daemon/core/decide_worker.c",
          "\tif (request->reply_kind == REPLY_INTERIM && record->texts >= CASE_TEXTS_INTERIM_MAX)\n\t\treturn refuse(decision, VERDICT_WRONG_STATE);\n", "",
          program("test-core-refusals"), r"\[  FAILED  \]|assertion failed"),

    # Backup, restore, export.
    Plant("a backup is not verified", "backup", "daemon/host/backup.c",
          "bool good = archive_verify(&self->archive, store, self->archive.config->store, fault);", "bool good = true;",
          blackbox("test_backup.py", "damaged_store or do_not_follow"), r"FAILED tests/blackbox"),
    Plant("a backup gets its name before it is synced", "backup", "daemon/host/backup.c",
          "return good && archive_folder_sync_file(&self->folder, self->file, WORK_FILE, fault);", "return good;",
          blackbox("test_backup.py", "cannot_be_synced"), r"FAILED tests/blackbox"),
    Plant("a copy is of more than one moment", "backup", "daemon/store/sqlite_open.c",
          '"PRAGMA query_only = 1; BEGIN"', '"PRAGMA query_only = 1"',
          program("test-store-sqlite_copy"), r"\[  FAILED  \]"),
    Plant("pruning takes another store's backups", "backup", "daemon/host/backup_prune.c",
          "return a->laboratory == b->laboratory && a->created.us == b->created.us;", "return a && b;",
          blackbox("test_backup.py", "the_oldest_go"), r"FAILED tests/blackbox"),
    Plant("a restore overwrites a newer store", "backup", "daemon/host/restore.c",
          "if (discard && strcmp(discard, last) == 0)", "if (true)",
          blackbox("test_restore.py", "newer_store_has"), r"FAILED tests/blackbox"),
    Plant("another history passes for an older moment", "backup", "daemon/host/restore.c",
          "(place->records == 0 || digest_equal(&self->head_in_backup, &place->head))", "true",
          blackbox("test_restore.py", "another_history"), r"FAILED tests/blackbox"),
    Plant("a restored store meets the old one's WAL", "backup", "daemon/host/restore_place.c",
          "bool is_one_file = self->has_database && write_wal_back(self);\n", "bool is_one_file = true;\n\tif (0)\n\t\t(void)write_wal_back(self);\n\telse\n\t\treturn keep(self, kept, \"\", fault);\n",
          blackbox("test_restore.py", "newer_store_has"), r"FAILED tests/blackbox"),
    Plant("a store whose WAL is damaged is left without it for a moment", "backup", "daemon/host/restore_place.c",
          "!put_notice(self, fault)))", "(0 && !put_notice(self, fault))))",
          blackbox("test_restore.py", "without_its_wal"), r"FAILED tests/blackbox"),
    Plant("an export has the boxes that nobody asked for", "backup", "daemon/host/export.c",
          "enum line_kind kind = named->ordinal == TEXT_ORDINAL_CONTACT ? CONTACTS : TEXTS;", "enum line_kind kind = TEXTS;",
          blackbox("test_export.py", "not_asked_for"), r"FAILED tests/blackbox"),
    # Metrics: what is told is so, what is asked costs nobody, and nobody from elsewhere asks.
    Plant("a value at a bound is counted beyond it", "metrics", "base/histogram.c",
          "counted > scale->bounds[at]", "counted >= scale->bounds[at]",
          program("test-base-histogram"), r"\[  FAILED  \]"),
    Plant("the oldest case is sought in the first part alone", "metrics", "daemon/core/survey.c",
          "return until == end ? CORE_SURVEY_END : until;", "return CORE_SURVEY_END;",
          program("test-core-survey"), r"every_open_case_is_seen"),
    Plant("a rolled-back batch stays counted", "metrics", "daemon/shell/store_full.c",
          "\tcounts_rolled_back(self);\n", "",
          program("test-shell-counts"), r"a_batch_that_is_rolled_back"),
    Plant("a receipt that was never sent is counted", "metrics", "daemon/shell/outgoing.c",
          "\tmessage->size = self->arena.size - message->at;\n",
          "\tmessage->size = self->arena.size - message->at;\n\tself->receipts_sent += message->kind == KIND_RECEIPT;\n",
          program("test-shell-counts"), r"\[  FAILED  \]"),
    Plant("a case that comes back is taken for the first time again", "metrics", "daemon/shell/counts.c",
          "if (row.taken.us == 0)", "if (true)",
          blackbox("test_metrics.py", "was_taken_once"), r"FAILED tests/blackbox"),
    Plant("a quote in a name ends its label", "metrics", "daemon/host/exposition.c",
          "if (*value == '\\\\' || *value == '\"')", "if (*value == '\\\\')",
          program("fuzz-scrape", "tests/fuzz/corpus/scrape"), r"assertion failed"),
    Plant("whatever begins like the path is the path", "metrics", "daemon/host/scrape_line.c",
          "(path.size == strlen(PATH) || path.data[strlen(PATH)] == '?')", "true",
          program("test-host-scrape_line"), r"everything_else_is_told"),
    Plant("a line that never ends is read for ever", "metrics", "daemon/host/scrape_line.c",
          "return seen == SCRAPE_LINE_MAX ? SCRAPE_BAD : SCRAPE_UNFINISHED;", "return SCRAPE_UNFINISHED;",
          program("fuzz-scrape", "tests/fuzz/corpus/scrape"), r"assertion failed"),
    Plant("whoever says nothing keeps his place", "metrics", "daemon/host/monitor.c",
          "!mono_before(now, scrape->deadline)", "false",
          program("test-host-monitor"), r"whoever_says_nothing_is_dropped"),
    Plant("anybody may open the socket", "metrics", "daemon/host/monitor.c",
          "#define SOCKET_MODE\t     0660", "#define SOCKET_MODE 0666",
          program("test-host-monitor"), r"the_socket_is_for_the_group"),
    Plant("a text is made for each who asks", "metrics", "daemon/host/monitor.c",
          "bool fresh = self->text &&", "bool fresh = false &&",
          program("test-host-monitor"), r"a_fresh_text_is_given_again"),
    Plant("the door of the metrics stands open to other machines", "metrics", "daemon/host/monitor.c",
          ".sin_addr = {htonl(INADDR_LOOPBACK)}", ".sin_addr = {htonl(INADDR_ANY)}",
          blackbox("test_metrics.py", "give_the_same_text"), r"of the loopback address alone"),
    Plant("a slow reader is waited for", "metrics", ("daemon/host/monitor.c", "daemon/host/scrape.c"),
          ("accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)", "size_t room = SCRAPE_WRITE_MAX;"),
          ("accept4(door->fd, NULL, NULL, SOCK_CLOEXEC)", "size_t room = SIZE_MAX;"),
          Check(("{bin}/test-host-monitor",), ("test-host-monitor",), seconds_max=10), TIMEOUT),
    Plant("the whole text is written in one turn", "metrics", "daemon/host/metrics.c",
          "exposition_write(&self->exposition, EXPOSITION_LINES_PER_TURN, &self->text)",
          "exposition_write(&self->exposition, UINT32_MAX, &self->text)",
          blackbox("test_metrics.py", "four_thousand_departments"), r"are written in many turns, not in"),
    Plant("a metric that an alert names is called otherwise", "metrics", "daemon/host/families.c",
          '"wenzheng_clock_held"', '"wenzheng_clock_is_held"',
          blackbox("test_monitoring.py", "every_name_in_rules"), r"no such metric: \['wenzheng_clock_held'\]"),
    Plant("a counter without its ending", "metrics", "daemon/host/families.c",
          '"wenzheng_strangers_total"', '"wenzheng_strangers"',
          blackbox("test_monitoring.py", "finds_nothing_to_say"), r"FAILED tests/blackbox"),
    # Upgrades, and what systemd hands over.
    Plant("a schema changes without a copy", "1", "daemon/store/sqlite_upgrade.c",
          "if (is_old && !copy_aside(self, ret_fault, ret_copy))", "(void)copy_aside;\n\tif (is_old && !ret_copy)",
          program("test-crash", "--seed", "6", "--recoveries", "1500"), r"partial [1-9]"),
    Plant("a copy may vanish with the power", "1", "daemon/store/sqlite_upgrade.c",
          "PRAGMA synchronous = EXTRA", "PRAGMA synchronous = OFF",
          program("test-crash", "--seed", "6", "--recoveries", "4000"), r"partial [1-9]"),
    Plant("a copy is believed unread", "1", "daemon/store/sqlite_upgrade.c",
          "if (memcmp(bytes[0], bytes[1], SQLITE_PAGE_SIZE) != 0)", "if (false)",
          program("test-store-sqlite_upgrade"), r"\[  FAILED  \]"),
    Plant("an inherited socket may listen anywhere", "9", "daemon/host/inherited.c",
          "\treturn is_port && is_host(", "\treturn is_port || is_host(",
          program("test-host-inherited"), r"\[  FAILED  \]"),

    # What the pages say.
    Plant("a default is changed and its manual page is not", "manual", "daemon/host/config.c",
          '"256", 1, 1048576,', '"512", 1, 1048576,',
          Check(("/usr/bin/python3", "docs/man/check.py", "{bin}"), ("wenzhengd",)),
          r"does not say the default of disk_reserve_mb"),
    Plant("a server without locales is spoken to in English", "languages", "locale/locale.c",
          'strcmp(locale, "C") == 0 ||', 'strncmp(locale, "C", 1) == 0 ||',
          program("test-locale-locale"), r"\[  FAILED  \]"),
    Plant("a catalogue that was cut off is believed", "languages", "base/catalogue.c",
          " && bytes.data[place + size] == '\\0'", "",
          program("test-base-catalogue"), r"taken: a sentence that does not end"),
]
