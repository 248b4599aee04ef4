// An SMSC for tests, made of npm's smpp. argv[2] is JSON: {port, key, cert, behaviour}. Each line of stdin is a command,
// each line of stdout something that happened; both are JSON. What it does is in `behaviour`, which commands change.
const readline = require("node:readline");
const fs = require("node:fs");
const smpp = require("smpp");

const options = JSON.parse(process.argv[2]);
const behaviour = {
  system_id: "ravi",
  password: "secret8!",
  bind_status: 0, // what a bind with the right password is answered
  bind_silent: false,
  most_sessions: 10,
  statuses: [], // of the next submit_sm, in their order; then all are taken
  silent: false, // submit_sm is heard and not answered
  delay: 0, // milliseconds before submit_sm is answered
  drop_after: 0, // the connection is cut instead of answering so many submit_sm, counted down
  ids: "decimal", // or "hex", or "none": how an answer calls a text
  receipt: null, // {stat, ids, early}: what each text has sent back at once
  enquire_silent: false,
  ...options.behaviour,
};

let sessions = [];
let lastId = 1_000_000;
let underWay = 0;

const say = (event, more = {}) => process.stdout.write(JSON.stringify({ event, ...more }) + "\n");
const named = (number, how) => (how === "hex" ? number.toString(16).toUpperCase().padStart(8, "0") : String(number));

const receipt = (session, pdu, number) => {
  const { stat = "DELIVRD", ids = "decimal", err = "000", form = "text" } = behaviour.receipt;
  const states = { DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };
  const id = named(number, ids);
  const words = `id:${id} sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:${stat} err:${err} text:Hi`;
  session.deliver_sm(
    {
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: 4,
      short_message: Buffer.from(form === "text" ? words : "", "latin1"),
      ...(form === "options" ? { receipted_message_id: id, message_state: states[stat] } : {}),
    },
    (answer) => say("receipt_answered", { status: answer.command_status, id }),
  );
};

const submit = (session, pdu) => {
  const message = pdu.short_message;
  underWay += 1;
  say("submit", {
    source: pdu.source_addr,
    source_ton: pdu.source_addr_ton,
    source_npi: pdu.source_addr_npi,
    destination: pdu.destination_addr,
    destination_ton: pdu.dest_addr_ton,
    data_coding: pdu.data_coding,
    esm_class: pdu.esm_class,
    registered_delivery: pdu.registered_delivery,
    udh: (message.udh || []).map((element) => element.toString("hex")),
    text: Buffer.isBuffer(message.message) ? message.message.toString("hex") : message.message,
    under_way: underWay,
  });
  if (behaviour.silent) return;
  if (behaviour.drop_after > 0 && --behaviour.drop_after === 0) {
    session.destroy();
    return;
  }
  const status = behaviour.statuses.length ? behaviour.statuses.shift() : 0;
  const number = ++lastId;
  const early = behaviour.receipt && behaviour.receipt.early;
  if (early && !status) receipt(session, pdu, number);
  setTimeout(() => {
    underWay -= 1;
    const message_id = behaviour.ids === "none" ? "" : named(number, behaviour.ids);
    session.send(pdu.response({ command_status: status, message_id }));
    if (behaviour.receipt && !early && !status) receipt(session, pdu, number);
  }, behaviour.delay);
};

const bind = (session, pdu) => {
  say("bind", { command: pdu.command, system_id: pdu.system_id, system_type: pdu.system_type });
  if (behaviour.bind_silent) return;
  let status = behaviour.bind_status;
  if (pdu.system_id !== behaviour.system_id) status = smpp.ESME_RINVSYSID;
  else if (pdu.password !== behaviour.password) status = smpp.ESME_RINVPASWD;
  else if (sessions.length >= behaviour.most_sessions) status = smpp.ESME_RALYBND;
  session.send(pdu.response({ command_status: status, system_id: "smsc" }));
  if (status) return;
  sessions.push(session);
  say("bound", { command: pdu.command });
};

const serve = (session) => {
  session.on("bind_transceiver", (pdu) => bind(session, pdu));
  session.on("bind_transmitter", (pdu) => bind(session, pdu));
  session.on("submit_sm", (pdu) => submit(session, pdu));
  session.on("enquire_link", (pdu) => {
    say("enquire_link");
    if (!behaviour.enquire_silent) session.send(pdu.response());
  });
  session.on("unbind", (pdu) => {
    say("unbind");
    session.send(pdu.response());
    session.close();
  });
  session.on("generic_nack", (pdu) => say("generic_nack", { status: pdu.command_status }));
  session.on("enquire_link_resp", () => say("enquire_link_resp"));
  session.on("unbind_resp", () => say("unbind_resp"));
  session.on("error", () => {});
  session.on("close", () => {
    if (sessions.includes(session)) say("closed");
    sessions = sessions.filter((other) => other !== session);
  });
};

const octets = (pdu, name) => (pdu[`${name}_hex`] === undefined ? {} : { [name]: Buffer.from(pdu[`${name}_hex`], "hex") });

const commands = {
  behave: (command) => Object.assign(behaviour, command.how),
  deliver: ({ mark, pdu }) => {
    const session = sessions.at(-1);
    const whole = { ...pdu, ...octets(pdu, "short_message"), ...octets(pdu, "message_payload") };
    session.deliver_sm(whole, (answer) => say("answered", { mark, status: answer.command_status }));
  },
  drop: () => sessions.forEach((session) => session.destroy()),
  enquire: () => sessions.at(-1).enquire_link(),
  unbind: () => sessions.at(-1).unbind(),
  query: () => sessions.at(-1).query_sm({ message_id: "1" }),
  raw: ({ hex }) => sessions.at(-1).socket.write(Buffer.from(hex, "hex")),
};

const tls = options.key ? { key: fs.readFileSync(options.key), cert: fs.readFileSync(options.cert) } : {};
const server = smpp.createServer(tls, serve);
server.on("tlsClientError", () => {});
server.listen(options.port, "127.0.0.1", () => say("listening", { port: server.address().port }));

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
  say("done");
});
lines.on("close", () => process.exit());
