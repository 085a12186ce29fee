// A shop: tells what was chosen at the checkout, asks before it sends, looks the person up. Node 18 or later, no packages.
//
//     CONSENTRY_URL=http://127.0.0.1:8025 CONSENTRY_KEY=cst_live_... node shop.mjs ann@example.com +14155550101
const url = process.env.CONSENTRY_URL + "/api/v1";
const key = process.env.CONSENTRY_KEY;

// Sends again until it is answered: with a name, nothing is recorded twice.
async function call(path, body, name) {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  if (name) headers["Idempotency-Key"] = name;
  for (let attempt = 0; attempt < 60; attempt++) {
    try {
      const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
      if (answer.ok) return await answer.json();
      if (![409, 429, 503].includes(answer.status)) throw new Refused(await answer.text());
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    await new Promise((done) => setTimeout(done, 1000));
  }
  throw new Error("the server doesn't answer");
}
class Refused extends Error {}

const [email, phone] = process.argv.slice(2);
const told = await call("/consent-events", {
  events: [
    { address: email, source: "checkout", choices: [{ choice: "y" }] },
    { address: phone, source: "checkout", choices: [{ choice: "n" }] },
  ],
}, `order-${email}`);
const asked = await call("/decisions", {
  channel: "sms", recipients: [{ address: phone }], atLeastAsFresh: told.consistencyToken,
});
console.log("promo by SMS:", asked.decisions[0].decision, asked.decisions[0].reason);
const person = await call("/profiles/lookup", { address: email });
console.log("email since", person.history[0].receivedAt, "from", person.history[0].source);
