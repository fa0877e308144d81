#!/usr/bin/env node
"use strict"
/*
 * A worker (承办端) for wenzhengd: takes the cases of its departments in time, and answers each once.
 *
 *     worker.js --server-key wenzhengd.key --key edu-1.key_secret
 *
 * Copy it with link.js and change `decide`, which says what becomes of a case (办件). proto/PROTOCOL.md explains every word;
 * § is there. Nothing is kept on this side: what was taken and not answered the daemon knows, and HELD asks for it.
 */
const { randomBytes } = require("crypto")
const { parseArgs } = require("util")
const { KIND, NAMES, FATAL, KEY_REFUSED, Link, fail, now, say } = require("./link.js")

const STOP_WAIT = 5 // seconds at the end for answers that are on their way
const NOT_OURS = new Set(["stale", "not-yours", "wrong-state", "not-found", "conflict"])

/* What becomes of a taken case: its acts, each a kind and its fields. Here by words in the title; yours asks an office
 * system, or a person. That may take days: the case stays the department's (§9). */
function decide(theCase) {
	const title = theCase.title
	if (title.includes("路灯")) // not ours: back to triage 退办
		return [[KIND.RETURN, { reason: "路灯由城管部门管理，请改派。" }]]
	if (title.includes("个人信息"))
		return [[KIND.REPLY, { reply_kind: "refusal", reply: "您要求的内容不能提供。", reason: "涉及他人个人信息。" }]]
	if (title.includes("系统故障")) // parked at triage, and an operator is alarmed
		return [[KIND.FAIL, { reason: "本端无法处理，请人工查看。" }]]
	const final = [KIND.REPLY, { reply_kind: "final", reply: `您反映的“${title}”已处理，感谢留言。` }]
	if (title.includes("调查")) return [[KIND.REPLY, { reply_kind: "interim", reply: "已受理，正在调查。" }], final]
	return [final]
}

/* offered (`leaseEnds`) ──CONFIRM of TAKE──► taken (`decideAt`) ──► `acts`, one after the other ──► forgotten */
class Case {
	constructor(fields, { leaseEnds = null, decideAt = null }) {
		this.number = fields.case
		this.epoch = fields.epoch
		this.fields = fields
		this.leaseEnds = leaseEnds
		this.decideAt = decideAt
		this.acts = []
	}
}

class Worker {
	constructor(link, credit, departments, think) {
		this.link = link
		this.credit = credit
		this.departments = departments
		this.think = think
		// Drawn once for this process and said at every READY: by it our offers stay ours over a reconnect (§7).
		this.incarnation = (randomBytes(8).readBigUInt64BE() >> 1n) | 1n
		this.cases = new Map() // number → Case
		this.stopAt = null
	}

	/* A connection stands: READY begins the session, and what is open is said again after the WELCOME. */
	greet() {
		this.link.forget((request) => request.kind === KIND.READY || request.kind === KIND.HELD)
		this.link.request(KIND.READY,
			{ credit: this.credit, incarnation: this.incarnation, departments: this.departments })
	}

	/* After SIGTERM: what we said of our cases shall be confirmed, for some seconds. Then BYE: untaken offers go elsewhere
	 * at once, without blame; what was taken stays the department's. */
	isOver() {
		if (!this.link.stopAsked) return false
		if (!this.stopAt) {
			this.stopAt = now() + STOP_WAIT
			say("stopping")
		}
		return !this.link.connected || this.link.requests.size === 0 || now() >= this.stopAt
	}

	/* What time brings: leases that ran out before the TAKE was confirmed, cases that want a decision. */
	work() {
		const time = now()
		for (const theCase of [...this.cases.values()]) {
			if (theCase.leaseEnds !== null && time >= theCase.leaseEnds) {
				this.drop(theCase) // it is offered elsewhere; if we took it after all, it is in HELD
			} else if (theCase.decideAt !== null && time >= theCase.decideAt && !this.link.stopAsked) {
				theCase.decideAt = null
				theCase.acts = decide(theCase.fields)
				this.act(theCase)
			}
		}
	}

	/* The next act; after the last one the case is forgotten. */
	act(theCase) {
		if (theCase.acts.length === 0) return this.cases.delete(theCase.number)
		const [kind, fields] = theCase.acts[0]
		this.link.request(kind, { case: theCase.number, epoch: theCase.epoch, ...fields })
	}

	/* It is not ours any more, or we do not know: nothing of it is said again. */
	drop(theCase) {
		this.cases.delete(theCase.number)
		this.link.forget((request) => request.fields.case === theCase.number)
	}

	// ---- what comes ----

	take(kind, message) {
		if (kind === KIND.BUSY) return this.link.postpone(message)
		const request = this.link.answered(message)
		if (kind === KIND.OFFER) this.takeOffer(message)
		else if (kind === KIND.NOTICE) this.takeNotice(message)
		else if (kind === KIND.ERROR) this.takeError(request, message)
		else if (request && kind === KIND.WELCOME) this.takeWelcome(message)
		else if (request && kind === KIND.LIST) this.takeHeld(message)
		else if (request && kind === KIND.CONFIRM) this.takeConfirm(request, message)
		// PULSE needs nothing more; a kind that is not known is skipped (§15).
	}

	takeWelcome(welcome) {
		this.link.heartbeat = welcome.heartbeat_ms / 1000
		say(`ready for ${welcome.departments.join(", ")}`)
		this.link.sendAgain(true)
		this.link.request(KIND.HELD)
	}

	/* What our departments took and owe: after a restart of ours, and of the daemon. A page has no texts; each case that
	 * we do not know is asked for by its number. */
	takeHeld(page) {
		for (const item of page.items) {
			const known = this.cases.get(item.case)
			if (known && known.epoch >= item.epoch) continue
			if (item.body === undefined) {
				this.link.request(KIND.HELD, { case: item.case })
				continue
			}
			console.log(`held ${item.case}: ${item.title}`)
			this.cases.set(item.case, new Case(item, { decideAt: now() + this.think }))
		}
		if (page.more) this.link.request(KIND.HELD, { after: page.after })
	}

	takeOffer(offer) {
		if (this.link.stopAsked) return
		const theCase = new Case(offer, { leaseEnds: now() + offer.lease_ms / 1000 })
		this.cases.set(theCase.number, theCase) // a higher epoch takes the place of an older one
		// At once: an offer is ours for its lease only.
		this.link.request(KIND.TAKE, { case: theCase.number, epoch: theCase.epoch })
	}

	takeNotice(notice) {
		say(["notice", notice.event, notice.case, notice.text].filter(Boolean).join(" "))
		const theCase = this.cases.get(notice.case)
		const isVoid = notice.event === "void" && theCase?.epoch === notice.epoch
		if (isVoid && theCase.leaseEnds !== null) this.drop(theCase) // an offer that is withdrawn
	}

	/* It is on the daemon's disk. */
	takeConfirm(request, confirm) {
		const theCase = this.cases.get(request.fields.case)
		if (!theCase || theCase.epoch !== request.fields.epoch) return
		if (request.kind === KIND.TAKE) {
			console.log(`taken ${theCase.number}: ${theCase.fields.title}`)
			theCase.leaseEnds = null
			theCase.decideAt = now() + this.think
			return
		}
		const name = request.fields.reply_kind ?? NAMES[request.kind].toLowerCase()
		console.log(`${name} ${theCase.number}: ${confirm.state}`)
		theCase.acts.shift()
		this.act(theCase)
	}

	/* Nothing was changed, and the same request would get the same error (§11): so it is not sent again. */
	takeError(request, error) {
		if (error.code === "not-ready") { // the daemon was restarted, say: READY, and then all that is open once more
			if (request) this.link.requests.set(error.req, request)
			if (!this.link.isOpen(KIND.READY)) this.greet()
			return
		}
		const { kind, fields } = request ?? { fields: {} }
		const stands = error.state ? ` (now ${error.state}, epoch ${error.epoch})` : ""
		say(`refused ${NAMES[kind] ?? ""} ${fields.case ?? ""}: ${error.code}: ${error.text}${stands}`)
		if (FATAL.has(error.code) || kind === KIND.READY) process.exit(KEY_REFUSED)
		const theCase = this.cases.get(fields.case)
		if (!theCase || theCase.epoch !== fields.epoch) return
		if ((kind === KIND.REPLY || kind === KIND.RETURN) && !NOT_OURS.has(error.code)) {
			// It is ours, and what we say of it will never do (too-long, return-limit …): somebody must look at it.
			theCase.acts = [[KIND.FAIL, { reason: `${NAMES[kind]} was refused: ${error.code}` }]]
			this.act(theCase)
		} else {
			this.drop(theCase) // stale: it was offered again. If it is ours, it comes in a new OFFER, or in HELD
		}
	}
}

const USAGE = `usage: worker.js --server-key FILE --key FILE [options]
  --endpoint ENDPOINT   of the worker zone (tcp://127.0.0.1:5702)
  --server-key FILE     the daemon's public key: wenzhengd.key
  --key FILE            our own: NAME.key_secret
  --department ID       serve this one only; may come again (all of the key's)
  --credit NUMBER       how many untaken offers we want at once (8)
  --think SECONDS       between taking a case and answering it (0)`

async function main() {
	let options
	try {
		options = parseArgs({
			options: {
				endpoint: { type: "string", default: "tcp://127.0.0.1:5702" },
				"server-key": { type: "string" },
				key: { type: "string" },
				department: { type: "string", multiple: true },
				credit: { type: "string", default: "8" },
				think: { type: "string", default: "0" },
				help: { type: "boolean" },
			},
		})
	} catch (error) {
		fail(`${error.message}\n${USAGE}`, 2)
	}
	const values = options.values
	if (values.help || !values["server-key"] || !values.key) fail(USAGE, values.help ? 0 : 2)
	const link = new Link(values.endpoint, values["server-key"], values.key)
	await link.run(new Worker(link, Number(values.credit), values.department, Number(values.think)))
}

main()
