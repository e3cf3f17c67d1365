// Stripe's Node SDK reads ordersync-sim: STRIPE_API_BASE, its control file STRIPE_CONTROL. TAP on stdout.
'use strict';
const assert = require('assert');
const fs = require('fs');
const Stripe = require('stripe');

const base = new URL(process.env.STRIPE_API_BASE);
const client = (key, more) => new Stripe(key, {host: base.hostname, port: base.port, protocol: 'http', telemetry: false, ...more});
const stripe = client('rk_test_interop');
const faults = line => fs.writeFileSync(process.env.STRIPE_CONTROL, line + '\n');
const all = async list => {
  const found = [];
  for await (const item of list) found.push(item);
  return found;
};
const checks = [];
const check = (name, body) => checks.push({name, body});

check('auto paging lists every session once, newest first', async () => {
  const sessions = await all(stripe.checkout.sessions.list({limit: 100}));
  assert.strictEqual(sessions.length, 250);
  assert.strictEqual(new Set(sessions.map(s => s.id)).size, 250);
  for (let i = 1; i < sessions.length; i++) assert.ok(sessions[i].created <= sessions[i - 1].created);
});
check('status and created filter', async () => {
  const sessions = await all(stripe.checkout.sessions.list({limit: 100}));
  const middle = sessions[100].created;
  const wanted = sessions.filter(s => s.status === 'complete' && s.created >= middle).map(s => s.id);
  const found = await all(stripe.checkout.sessions.list({limit: 30, status: 'complete', created: {gte: middle}}));
  assert.deepStrictEqual(found.map(s => s.id), wanted);
});
check('expanded line items, and the rest of them by paging', async () => {
  const page = await stripe.checkout.sessions.list({limit: 10, expand: ['data.line_items']});
  const counts = new Set();
  for (const session of page.data) {
    assert.ok(session.line_items.data.length <= 10);
    const items = await all(stripe.checkout.sessions.listLineItems(session.id, {limit: 100}));
    assert.strictEqual(session.line_items.has_more, items.length > 10);
    assert.deepStrictEqual(session.line_items.data.map(i => i.id), items.slice(0, 10).map(i => i.id));
    counts.add(items.length);
  }
  assert.deepStrictEqual([...counts].sort((a, b) => a - b), [1, 11, 101]);
});
check('one session, with and without its items', async () => {
  const [first] = (await stripe.checkout.sessions.list({limit: 1})).data;
  const one = await stripe.checkout.sessions.retrieve(first.id);
  assert.strictEqual(one.line_items, undefined);
  assert.ok((await stripe.checkout.sessions.retrieve(first.id, {expand: ['line_items']})).line_items.data.length > 0);
  assert.ok(one.lastResponse.requestId.startsWith('req_'));
});
check('going back from a session', async () => {
  const page = await stripe.checkout.sessions.list({limit: 5});
  const back = await stripe.checkout.sessions.list({limit: 3, ending_before: page.data[4].id});
  assert.deepStrictEqual(back.data.map(s => s.id), page.data.slice(1, 4).map(s => s.id));
});
check('refunds, all and those of one payment intent', async () => {
  const refunds = await all(stripe.refunds.list({limit: 7}));
  assert.ok(refunds.length > 7);
  const own = await all(stripe.refunds.list({payment_intent: refunds[0].payment_intent}));
  assert.ok(own.some(r => r.id === refunds[0].id));
  assert.ok(own.every(r => r.payment_intent === refunds[0].payment_intent));
});
check('the shipping address stands where the version has it', async () => {
  const old = client('rk_test_interop', {apiVersion: '2020-08-27'});
  const paid = (await stripe.checkout.sessions.list({limit: 50, status: 'complete'})).data
    .find(s => s.collected_information.shipping_details);
  assert.ok(paid);
  assert.deepStrictEqual((await old.checkout.sessions.retrieve(paid.id)).shipping, paid.collected_information.shipping_details);
});
check('a missing session is StripeInvalidRequestError, 404, resource_missing', async () => {
  await assert.rejects(stripe.checkout.sessions.retrieve('cs_test_gone'), e =>
    e instanceof Stripe.errors.StripeInvalidRequestError && e.statusCode === 404 && e.code === 'resource_missing');
});
check('a bad key is StripeAuthenticationError', async () => {
  await assert.rejects(client('pk_test_wrong').checkout.sessions.list(), e => e instanceof Stripe.errors.StripeAuthenticationError);
});
check('a missing permission is StripePermissionError', async () => {
  faults('denied:count=1');
  await assert.rejects(stripe.checkout.sessions.list(), e => e instanceof Stripe.errors.StripePermissionError);
});
check('a rate limit is StripeRateLimitError, and is not tried again', async () => {
  faults('exhausted:count=1');
  await assert.rejects(stripe.checkout.sessions.list(), e => e instanceof Stripe.errors.StripeRateLimitError && e.statusCode === 429);
  await stripe.checkout.sessions.list();
});
check('the older rate limit is one, too', async () => {
  faults('legacy:count=1');
  await assert.rejects(stripe.checkout.sessions.list(), e => e.code === 'rate_limit');
});
check('an unknown parameter is StripeInvalidRequestError', async () => {
  await assert.rejects(stripe.checkout.sessions.list({payment_status: 'paid'}), e =>
    e instanceof Stripe.errors.StripeInvalidRequestError && e.code === 'parameter_unknown');
});
check('server errors are tried again by the SDK itself', async () => {
  faults('internal:count=1');
  assert.strictEqual((await stripe.checkout.sessions.list({limit: 1})).data.length, 1);
});
check('a write is refused', async () => {
  faults('');
  await assert.rejects(stripe.refunds.create({payment_intent: 'pi_x'}), e => e.statusCode === 405);
});

(async () => {
  console.log(`1..${checks.length}`);
  for (const [i, {name, body}] of checks.entries()) {
    try {
      await body();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      console.log(`not ok ${i + 1} - ${name}`);
      console.log(String(error.stack).replace(/^/gm, '# '));
    }
  }
})();
