// Signs webhooks with Node's OpenSSL, and asks the services' own libraries whether they accept what was signed.
// Input: {"service": "sns" | "sendgrid" | "mailgun", ...}; output: {"signature", ...}. Nothing is asked of a network.

import crypto from "node:crypto";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);

const services = {
  // message: an envelope without its signature; key, certificate: PEM
  async sns({ message, key, certificate }) {
    const names =
      message.Type === "Notification"
        ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    const text = names.filter((name) => name in message).map((name) => `${name}\n${message[name]}\n`).join("");
    const algorithm = message.SignatureVersion === "2" ? "RSA-SHA256" : "RSA-SHA1";
    const signature = crypto.sign(algorithm, Buffer.from(text), key).toString("base64");
    // The library leaves the token out of what it checks of this one, other than Amazon's documentation.
    if (message.Type !== "UnsubscribeConfirmation") await acceptedByAmazon({ ...message, Signature: signature }, certificate);
    return { signature };
  },

  // key: PEM; body: text
  async sendgrid({ key, timestamp, body }) {
    const { EventWebhook } = require("@sendgrid/eventwebhook");
    const signature = crypto.sign("sha256", Buffer.from(timestamp + body), key).toString("base64");
    const publicKey = crypto.createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
    const library = new EventWebhook();
    const converted = library.convertPublicKeyToECDSA(publicKey);
    if (!library.verifySignature(converted, body, signature, timestamp)) throw new Error("SendGrid's library refuses it");
    return { signature, publicKey };
  },

  async mailgun({ key, timestamp, token }) {
    return { signature: crypto.createHmac("sha256", key).update(timestamp + token).digest("hex") };
  },
};

// Amazon's library fetches the certificate over HTTPS: it gets ours.
function acceptedByAmazon(message, certificate) {
  require("https").get = (url, answer) => {
    const response = Object.assign(new EventEmitter(), { statusCode: 200 });
    answer(response);
    response.emit("data", Buffer.from(certificate));
    response.emit("end");
    return new EventEmitter();
  };
  const Validator = require("sns-validator");
  return new Promise((done, failed) => {
    new Validator().validate(message, (error) => (error ? failed(new Error(`Amazon's library: ${error.message}`)) : done()));
  });
}

const request = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await services[request.service](request)));
