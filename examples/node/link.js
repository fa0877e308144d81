"use strict"
/*
 * The connection of a WZP/1 program to wenzhengd, which portal.js and worker.js have in common: CURVE, two frames, requests
 * that are kept until they are answered, heartbeats, a new socket after silence. proto/PROTOCOL.md explains it; § is there.
 *
 * Needs the packages zeromq (6, with its own libzmq and CURVE) and @msgpack/msgpack: `npm ci --ignore-scripts`.
 */
const fs = require("fs")
const { performance } = require("perf_hooks")
const zmq = require("zeromq")
const { Decoder, Encoder } = require("@msgpack/msgpack")

const KIND = {
	SUBMIT: 0x01, WATCH: 0x10, SEEN: 0x11, BEAT: 0x12, BYE: 0x13,
	READY: 0x20, HELD: 0x21, TAKE: 0x22, REPLY: 0x23, RETURN: 0x24, FAIL: 0x25,
	RECEIPT: 0x80, WELCOME: 0x81, OFFER: 0x82, NOTICE: 0x83, CONFIRM: 0x84, EVENT: 0x85,
	BUSY: 0x87, ERROR: 0x88, PULSE: 0x89, LIST: 0x8a,
}
const NAMES = Object.fromEntries(Object.entries(KIND).map(([name, number]) => [number, name]))

const FRAME_MAX = 262144 // bytes: libzmq cuts the connection of whoever sends more
const RESEND_FIRST = 5, RESEND_MOST = 60 // seconds without an answer: the first wait, and what doubling it ends at
const SILENCE = 3 // heartbeats without a word from the daemon, and the connection is given up (§10)
const KEY_REFUSED = 4 // the exit status of the stock programs for it
const FATAL = new Set(["forbidden", "revoked", "bad-identity"]) // errors about who we are, not about what we said

// Times are microseconds as 64-bit integers, and `incarnation` has 63 bits: numbers of JavaScript would round them.
const encoder = new Encoder({ useBigInt64: true, ignoreUndefined: true }) // nil is never right
const decoder = new Decoder({ useBigInt64: true })

const now = () => performance.now() / 1000 // seconds; a clock that nobody sets

function say(text) {
	process.stderr.write(text + "\n")
}

function fail(text, status = 1) {
	say(text)
	process.exit(status)
}

/* `public-key` or `secret-key` of a file that `wenzhengctl keys new` made: 40 characters of Z85. */
function readKey(path, name) {
	let text
	try {
		text = fs.readFileSync(path, "ascii")
	} catch (error) {
		fail(`${path}: ${error.message}`)
	}
	const found = new RegExp(`${name}\\s*=\\s*"(.{40})"`).exec(text)
	return found ? found[1] : fail(`${path}: there is no ${name} in it`)
}

/* A request is kept until its answer came, for a message that was sent may be lost: only an answer is proof (§2). */
class Link {
	constructor(endpoint, serverKey, keyFile) {
		this.endpoint = endpoint
		this.options = {
			curveServerKey: readKey(serverKey, "public-key"),
			curvePublicKey: readKey(keyFile, "public-key"),
			curveSecretKey: readKey(keyFile, "secret-key"),
			immediate: true, // nothing is queued for a connection that is not there
			maxMessageSize: FRAME_MAX,
			sendTimeout: 0, // sent now, or not at all
			linger: 0,
			reconnectInterval: 200,
			reconnectMaxInterval: 2000,
			// And no routing id: the daemon refuses one (§2).
		}
		this.requests = new Map() // req → {kind, fields, wait, againAt}, in the order in which they were made
		this.nextReq = 1
		this.heartbeat = 5 // seconds; a worker's WELCOME says how many
		this.stopAsked = false
		this.wasConnected = this.wasRefused = false
		this.socket = null
	}

	// ---- the socket ----

	/* A new socket: at the start, and when the old one has been silent too long. */
	open() {
		if (this.socket) this.socket.close()
		const socket = (this.socket = new zmq.Dealer(this.options))
		this.connected = false
		this.heard = this.said = now()
		const ours = (act) => () => this.socket === socket && act()
		socket.events.on("handshake", ours(() => this.stands()))
		socket.events.on("handshake:error:auth", ours(() => this.isRefused()))
		socket.events.on("disconnect", ours(() => (this.connected = false)))
		socket.connect(this.endpoint) // libzmq tries again and again by itself
		this.receive(socket)
	}

	stands() {
		this.connected = this.wasConnected = true
		this.wasRefused = false
		this.heard = now()
		this.peer.greet() // the daemon knows nothing of a new connection (§2)
	}

	isRefused() {
		this.connected = false
		if (this.wasRefused) return
		this.wasRefused = true // told once; libzmq keeps trying
		say(`${this.endpoint} turned our key away: has principals.yaml a line for it, of a role of this zone, ` +
			"and was it reloaded?")
		// At the start it is a mistake; later somebody may be at work on the file.
		if (!this.wasConnected) process.exit(KEY_REFUSED)
	}

	send(kind, fields = {}) {
		this.said = now()
		// Not connected: what matters is in `requests`, and goes out when the connection stands. (Asking for `writable`
		// makes libzmq learn of a connection that is a moment old.)
		if (!this.socket.writable) return
		const head = Buffer.from([0x57, 0x5a, 0x50, 0x31, kind]) // "WZP1" and the kind
		this.socket.send([head, encoder.encode(fields)]).catch((error) => {
			if (error.code !== "EAGAIN") throw error // gone since
		})
	}

	async receive(socket) {
		for await (const [head, body] of socket) {
			if (this.socket !== socket) return
			this.heard = now()
			this.peer.take(head[4], decoder.decode(body))
		}
	}

	// ---- requests ----

	/* Sends it until it is answered. */
	request(kind, fields = {}) {
		const req = this.nextReq++
		this.requests.set(req, { kind, fields, wait: RESEND_FIRST, againAt: now() + RESEND_FIRST })
		this.send(kind, { req, ...fields })
	}

	/* The request that a message answers, which is over with it. */
	answered(message) {
		const request = this.requests.get(message.req)
		this.requests.delete(message.req)
		return request
	}

	/* Requests whose answer does not matter any more. */
	forget(unwanted) {
		for (const [req, request] of this.requests) if (unwanted(request)) this.requests.delete(req)
	}

	isOpen(kind) {
		return [...this.requests.values()].some((request) => request.kind === kind)
	}

	/* BUSY: nothing was changed, and the same request may succeed after retry_ms (§11). */
	postpone(busy) {
		const seconds = busy.retry_ms / 1000
		say(`busy: ${busy.code}: ${busy.text}; again in ${seconds} s`)
		const request = this.requests.get(busy.req)
		if (request) request.againAt = now() + seconds
	}

	/* What is overdue, with longer and longer waits; everything, when the connection is new. */
	sendAgain(everything = false) {
		const time = now()
		for (const [req, request] of this.requests) {
			if (!everything && time < request.againAt) continue
			request.wait = everything ? RESEND_FIRST : Math.min(2 * request.wait, RESEND_MOST)
			request.againAt = time + request.wait
			this.send(request.kind, { req, ...request.fields }) // the same req, so that any of its answers will do
		}
	}

	// ---- the loop ----

	/* What time brings: a heartbeat, a request once more, a new socket. */
	beat() {
		const time = now()
		if (time - this.heard > SILENCE * this.heartbeat) {
			if (this.connected) say(`nothing heard for ${SILENCE * this.heartbeat} s: connecting anew`)
			this.open()
		} else if (this.connected && time - this.said >= this.heartbeat) {
			this.send(KIND.BEAT)
		}
		if (this.connected) this.sendAgain()
	}

	/* Until peer.isOver(). Calls peer.greet() on every new connection, peer.take(kind, message) for what comes, and
	 * peer.work() five times a second. SIGTERM and Ctrl-C set `stopAsked`; then the peer ends in order. */
	async run(peer) {
		this.peer = peer
		for (const signal of ["SIGTERM", "SIGINT"])
			process.on(signal, () => (this.stopAsked = true))
		this.open()
		while (!peer.isOver()) {
			peer.work()
			this.beat()
			await new Promise((resolve) => setTimeout(resolve, 200))
		}
		this.send(KIND.BYE) // without it nothing is lost either
		const socket = this.socket
		this.socket = null // whatever it still tells does not concern us any more
		socket.linger = 1000
		socket.close()
	}
}

module.exports = { KIND, NAMES, FATAL, KEY_REFUSED, Link, fail, now, say }
