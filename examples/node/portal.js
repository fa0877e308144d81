#!/usr/bin/env node
"use strict"
/*
 * A portal (前台) for wenzhengd: submits messages until each has its receipt, and deals once with every event.
 *
 *     portal.js --server-key wenzhengd.key --key web.key_secret --state FOLDER messages.jsonl
 *
 * Each line of messages.jsonl is a message (留言): {"id": "2026-0001", "title": "路灯不亮", "body": "…"}. It may have category,
 * region, department, class and contact. `id` is the portal's own, and never used for another message.
 *
 * Copy it with link.js, and change what is your portal's: where messages come from, where receipts and events go,
 * tellReceipt and tellEvent. proto/PROTOCOL.md explains every word; § is there.
 */
const fs = require("fs")
const path = require("path")
const { parseArgs } = require("util")
const { KIND, NAMES, FATAL, KEY_REFUSED, Link, fail, say } = require("./link.js")

const IN_FLIGHT = 64 // messages on their way at once; the rest waits here

/* A file of JSON lines that is on the disk when `append` returns. A line that a crash cut short is dropped.
 * Where a real portal has its database. */
class Journal {
	constructor(name) {
		this.file = fs.openSync(name, "a+")
		const found = fs.readFileSync(name)
		const whole = found.subarray(0, found.lastIndexOf("\n") + 1)
		fs.ftruncateSync(this.file, whole.length)
		this.lines = whole.toString().split("\n").filter(Boolean).map((line) => JSON.parse(line))
	}

	append(line) {
		const plain = (_key, value) => (typeof value === "bigint" ? Number(value) : value) // exact until the year 2255
		fs.writeSync(this.file, JSON.stringify(line, plain) + "\n")
		fs.fsyncSync(this.file)
		this.lines.push(line)
	}
}

function readMessages(name) {
	const messages = new Map() // id → message
	let text
	try {
		text = fs.readFileSync(name, "utf8")
	} catch (error) {
		fail(`${name}: ${error.message}`, 2)
	}
	text.trimEnd().split("\n").forEach((line, index) => {
		try {
			const message = JSON.parse(line)
			if (!message.id) throw new Error("no id")
			messages.set(message.id, message)
		} catch {
			fail(`line ${index + 1} is no message: a JSON object with an id, by which a resend is known`, 2)
		}
	})
	return messages
}

class Portal {
	constructor(link, state, messages, untilAnswered) {
		fs.mkdirSync(state, { recursive: true })
		this.link = link
		this.untilAnswered = untilAnswered
		this.receipts = new Journal(path.join(state, "receipts.jsonl"))
		// An event and its cursor are one line, so that no crash comes between them: the cursor is the last line's.
		this.events = new Journal(path.join(state, "events.jsonl"))
		this.cursor = this.events.lines.length ? this.events.lines.at(-1).cursor : 0
		this.unreceived = new Map(messages)
		for (const receipt of this.receipts.lines) this.unreceived.delete(receipt.id)
		this.waiting = [...this.unreceived.values()] // not on their way yet
		this.unanswered = new Set(messages.keys())
		for (const event of this.events.lines) this.strikeOff(event)
		this.refused = 0
	}

	// ---- what is yours to change ----

	/* The citizen may be told: the daemon has the message on its disk, and we have the receipt on ours. */
	tellReceipt(receipt) {
		console.log(`receipt ${receipt.id}: case ${receipt.case}, query code ${receipt.query_code}, ` +
			`${receipt.department ?? "triage"}`)
	}

	/* Something happened to a case. A name that we do not know is no error: more may come (§8). */
	tellEvent(event) {
		if (event.event === "replied") {
			const reason = event.reason ? ` (${event.reason})` : ""
			console.log(`${event.reply_kind} ${event.id}: ${event.department}: ${event.reply}${reason}`)
		} else {
			console.log(`${event.event} ${event.id ?? ""}: ${event.department ?? event.case}`)
		}
	}

	// ---- the protocol ----

	/* A connection stands: say again what was not answered on the one before, and ask for the events after the last one
	 * that we dealt with. */
	greet() {
		this.link.forget((request) => request.kind === KIND.WATCH)
		this.link.sendAgain(true)
		this.link.request(KIND.WATCH, { cursor: this.cursor })
	}

	work() {
		while (this.waiting.length && this.link.requests.size < IN_FLIGHT && !this.link.stopAsked)
			this.link.request(KIND.SUBMIT, this.waiting.shift())
	}

	isOver() {
		return this.link.stopAsked || (this.untilAnswered && !this.unreceived.size && !this.unanswered.size)
	}

	take(kind, message) {
		if (kind === KIND.BUSY) return this.link.postpone(message)
		const request = this.link.answered(message)
		if (kind === KIND.RECEIPT) this.takeReceipt(message)
		else if (kind === KIND.EVENT) this.takeEvent(message)
		else if (kind === KIND.ERROR) this.takeError(request, message)
		// CONFIRM and PULSE need nothing more; a kind that is not known is skipped (§15).
	}

	takeReceipt(receipt) {
		if (!this.unreceived.delete(receipt.id)) return // a second one, of a message sent twice: the same to the letter
		delete receipt.req
		this.receipts.append(receipt) // first the disk, then the citizen
		this.tellReceipt(receipt)
	}

	takeEvent(event) {
		if (event.cursor > this.cursor) { // every event may come twice
			this.events.append(event)
			this.cursor = event.cursor
			this.tellEvent(event)
			this.strikeOff(event)
		}
		this.link.send(KIND.SEEN, { cursor: event.cursor }) // the second time as well: the first SEEN may have been lost
	}

	/* Nothing was changed, and the same request would get the same error (§11): so it is not sent again. */
	takeError(request, error) {
		if (error.code === "not-ready") { // to a BEAT or a SEEN: the daemon does not know this connection
			if (!this.link.isOpen(KIND.WATCH)) this.greet()
			return
		}
		const isSubmit = request?.kind === KIND.SUBMIT
		const name = isSubmit ? request.fields.id : NAMES[request?.kind] ?? ""
		const field = error.field ? ` (field ${error.field})` : ""
		say(`refused ${name}: ${error.code}: ${error.text}${field}`)
		if (FATAL.has(error.code)) process.exit(KEY_REFUSED) // nothing is wrong with the message: it goes out another time
		if (isSubmit) {
			this.unreceived.delete(name)
			this.unanswered.delete(name)
			this.refused++
		}
	}

	strikeOff(event) {
		if (event.event === "replied" && event.reply_kind !== "interim") this.unanswered.delete(event.id)
	}
}

const USAGE = `usage: portal.js --server-key FILE --key FILE [options] [messages.jsonl]
  --endpoint ENDPOINT   of the portal zone (tcp://127.0.0.1:5701)
  --server-key FILE     the daemon's public key: wenzhengd.key
  --key FILE            our own: NAME.key_secret
  --state FOLDER        of receipts.jsonl and events.jsonl (.)
  --until-answered      end when every message has its final answer
without messages: watch only`

async function main() {
	let options
	try {
		options = parseArgs({
			allowPositionals: true,
			options: {
				endpoint: { type: "string", default: "tcp://127.0.0.1:5701" },
				"server-key": { type: "string" },
				key: { type: "string" },
				state: { type: "string", default: "." },
				"until-answered": { type: "boolean", default: false },
				help: { type: "boolean" },
			},
		})
	} catch (error) {
		fail(`${error.message}\n${USAGE}`, 2)
	}
	const { values, positionals } = options
	if (values.help || !values["server-key"] || !values.key || positionals.length > 1) fail(USAGE, values.help ? 0 : 2)
	const messages = positionals.length ? readMessages(positionals[0]) : new Map()
	const link = new Link(values.endpoint, values["server-key"], values.key)
	const portal = new Portal(link, values.state, messages, values["until-answered"])
	await link.run(portal)
	process.exitCode = portal.refused ? 1 : 0
}

main()
