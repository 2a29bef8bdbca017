// A person's client on matrix-js-sdk: asks someone in an encrypted direct message, and tells what came of it.
// Devices that their owner has not cross-signed are left out, as Element leaves them out.
//
// Standard input is one JSON object:
//   homeserver, user, token, device    whose client it is; keys are in memory, so take a new device each time
//   other                              the user asked
//   questions                          texts; each is asked once the one before is answered
//   seconds                            how long it may take in all
// Standard output is JSON lines, each with `what`: crypto, room, keys, asked, answered, and at the end done, or
// failed with why. The SDK's warnings go to standard error. Exit code 0 after done, 1 after failed.
import { readFileSync } from "node:fs";

import { ClientEvent, createClient, EventType, MatrixEventEvent, Preset, RoomEvent, Visibility } from "matrix-js-sdk";
import { OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api/index.js";

console.log = console.info = console.debug = () => {}; // standard output is for what is told

const given = JSON.parse(readFileSync(0, "utf8"));
let unreadable = []; // answers that could not be decrypted: [event, why]

const tell = (what, more) => process.stdout.write(`${JSON.stringify({ what, ...more })}\n`);
const end = (code, last) => process.stdout.write(`${JSON.stringify(last)}\n`, () => process.exit(code));

/** A client that is in sync, with keys of its own that are cross-signed. */
async function begin() {
    const client = createClient({
        baseUrl: given.homeserver,
        userId: given.user,
        accessToken: given.token,
        deviceId: given.device,
    });
    await client.initRustCrypto({ useIndexedDB: false });
    const crypto = client.getCrypto();
    crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
    tell("crypto", { version: crypto.getVersion() });
    await client.startClient();
    await until(client, () => client.isInitialSyncComplete());
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (upload) => upload(null) });
    return client;
}

/** An encrypted direct message with the other, as Element makes it. */
async function makeRoom(client) {
    const { room_id } = await client.createRoom({
        preset: Preset.TrustedPrivateChat,
        visibility: Visibility.Private,
        is_direct: true,
        invite: [given.other],
        initial_state: [
            { type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
            { type: EventType.RoomGuestAccess, state_key: "", content: { guest_access: "can_join" } },
        ],
    });
    // A message sent before the client has heard of both would be encrypted for its own devices only.
    await until(client, () => {
        const room = client.getRoom(room_id);
        return room?.hasEncryptionStateEvent() && room.getMember(given.other);
    });
    tell("room", { room: room_id });
    return room_id;
}

/** Ask; what the SDK holds of the other's devices is known once it had to encrypt for them. */
async function ask(client, room, question) {
    const { event_id } = await client.sendTextMessage(room, question);
    tell("asked", { event: event_id, question, encrypted: client.getRoom(room).findEventById(event_id).isEncrypted() });
    return event_id;
}

async function tellKeys(client) {
    const crypto = client.getCrypto();
    const devices = (await crypto.getUserDeviceInfo([given.other])).get(given.other) ?? new Map();
    const signed = {};
    for (const device of devices.keys()) {
        signed[device] = (await crypto.getDeviceVerificationStatus(given.other, device)).signedByOwner;
    }
    const { known, needsUserApproval } = await crypto.getUserVerificationStatus(given.other);
    tell("keys", { signed, known, needsUserApproval });
}

/** Wait until there is an answer that can be read: a reply to the question. */
async function tellAnswer(client, room, question) {
    const answers = () => client.getRoom(room).getLiveTimeline().getEvents().filter(
        (event) => event.getSender() === given.other && event.replyEventId === question,
    );
    const answer = await until(client, () => {
        unreadable = answers().map((event) => [event.getId(), event.decryptionFailureReason]).filter(([, why]) => why);
        return answers().find((event) => event.getType() === EventType.RoomMessage && !event.isDecryptionFailure());
    });
    const shield = await client.getCrypto().getEncryptionInfoForEvent(answer);
    tell("answered", {
        event: answer.getId(),
        body: answer.getContent().body,
        encrypted: answer.isEncrypted(),
        shield: shield && shield.shieldColour, // what Element draws beside the message: 0 none, 1 grey, 2 red
    });
}

/** What `find` gives, once it gives anything; looked for whenever the client hears of something. */
function until(client, find) {
    return new Promise((resolve) => {
        const look = () => {
            const found = find();
            if (found) resolve(found);
        };
        for (const news of [ClientEvent.Sync, RoomEvent.Timeline, MatrixEventEvent.Decrypted]) client.on(news, look);
        look();
    });
}

async function run() {
    const client = await begin();
    const room = await makeRoom(client);
    for (const question of given.questions) {
        const asked = await ask(client, room, question);
        await tellKeys(client);
        await tellAnswer(client, room, asked);
    }
    client.stopClient();
}

const fail = (why) => end(1, { what: "failed", why, unreadable });
setTimeout(() => fail(`not done in ${given.seconds} s`), given.seconds * 1000);
run().then(() => end(0, { what: "done" }), (error) => fail(String(error)));
