// Google's Node SDK uses ordersync-sim as its emulator (FIRESTORE_EMULATOR_HOST), whose control file is
// CONTROL. TAP on stdout.
'use strict';
const assert = require('assert');
const fs = require('fs');
const {Firestore, FieldPath, FieldValue, Filter, Timestamp} = require('@google-cloud/firestore');

const db = new Firestore({projectId: 'interop-test'});
const generated = new Firestore({projectId: 'demo-ordersync'});
const ids = snapshot => snapshot.docs.map(d => d.id);
const checks = [];
const check = (name, body) => checks.push({name, body});

check('set and get', async () => {
  const ref = db.collection('c').doc('one');
  await ref.set({text: 'Łódź 🎁', n: 1, big: 1.5, flag: true, none: null, when: Timestamp.fromMillis(1000),
    bytes: Buffer.from([0, 1, 2]), list: [1, 'a', {k: 1}], map: {deep: {er: 2}}, ref: db.doc('c/two')});
  const doc = await ref.get();
  assert.ok(doc.exists);
  assert.strictEqual(doc.get('text'), 'Łódź 🎁');
  assert.strictEqual(doc.get('map.deep.er'), 2);
  assert.strictEqual(doc.get('when').toMillis(), 1000);
  assert.deepStrictEqual(doc.get('list'), [1, 'a', {k: 1}]);
  assert.ok(doc.get('ref').isEqual(db.doc('c/two')));
  assert.ok(doc.createTime.isEqual(doc.updateTime));
});
check('a missing document', async () => {
  assert.strictEqual((await db.doc('c/nobody').get()).exists, false);
});
check('update fields, nested fields, deletion of a field, server values', async () => {
  const ref = db.collection('c').doc('one');
  await ref.update({'map.deep.more': 3, none: FieldValue.delete(), n: FieldValue.increment(4),
    at: FieldValue.serverTimestamp()});
  const doc = await ref.get();
  assert.deepStrictEqual(doc.get('map'), {deep: {er: 2, more: 3}});
  assert.strictEqual(doc.get('none'), undefined);
  assert.strictEqual(doc.get('n'), 5);
  assert.ok(doc.get('at').toMillis() > 1.6e12);
  assert.ok(doc.updateTime.toMillis() >= doc.createTime.toMillis());
});
check('set with merge', async () => {
  const ref = db.collection('c').doc('merged');
  await ref.set({a: 1, b: {x: 1}});
  await ref.set({b: {y: 2}}, {merge: true});
  assert.deepStrictEqual((await ref.get()).data(), {a: 1, b: {x: 1, y: 2}});
});
check('update of a missing document is NOT_FOUND', async () => {
  await assert.rejects(db.doc('c/nobody').update({a: 1}), e => e.code === 5);
});
check('create of an existing document is ALREADY_EXISTS', async () => {
  await assert.rejects(db.doc('c/one').create({a: 1}), e => e.code === 6);
});
check('a precondition on the update time', async () => {
  const ref = db.doc('c/guarded');
  const {writeTime} = await ref.set({a: 1});
  await ref.update({a: 2}, {lastUpdateTime: writeTime});
  await assert.rejects(ref.update({a: 3}, {lastUpdateTime: writeTime}), e => e.code === 9);
});
check('delete', async () => {
  await db.doc('c/guarded').delete();
  await db.doc('c/merged').delete();
  assert.strictEqual((await db.doc('c/guarded').get()).exists, false);
});
check('batch, all or nothing', async () => {
  const batch = db.batch();
  for (let i = 0; i < 20; i++)
    batch.set(db.doc(`q/${String(i).padStart(2, '0')}`), {n: i, parity: i % 2 ? 'odd' : 'even', tags: [i, i + 1]});
  await batch.commit();
  const bad = db.batch();
  bad.set(db.doc('q/99'), {n: 99});
  bad.update(db.doc('q/nobody'), {n: 1});
  await assert.rejects(bad.commit(), e => e.code === 5);
  assert.strictEqual((await db.doc('q/99').get()).exists, false);
});
check('where', async () => {
  const q = db.collection('q');
  assert.strictEqual((await q.where('n', '<', 5).get()).size, 5);
  assert.strictEqual((await q.where('parity', '==', 'odd').where('n', '>=', 10).get()).size, 5);
  assert.deepStrictEqual(ids(await q.where('tags', 'array-contains', 7).get()), ['06', '07']);
  assert.deepStrictEqual(ids(await q.where('n', 'in', [3, 8, 77]).get()), ['03', '08']);
  assert.strictEqual((await q.where('n', '!=', 3).get()).size, 19);
  assert.strictEqual((await q.where(Filter.or(Filter.where('n', '==', 1), Filter.where('n', '==', 2))).get()).size, 2);
  assert.deepStrictEqual(ids(await q.where(FieldPath.documentId(), '>=', '18').get()), ['18', '19']);
});
check('orderBy, limit, offset, limitToLast', async () => {
  const q = db.collection('q');
  assert.deepStrictEqual(ids(await q.orderBy('n', 'desc').limit(3).get()), ['19', '18', '17']);
  assert.deepStrictEqual(ids(await q.orderBy('parity').orderBy('n', 'desc').limit(2).get()), ['18', '16']);
  assert.deepStrictEqual(ids(await q.orderBy('n').offset(5).limit(2).get()), ['05', '06']);
  assert.deepStrictEqual(ids(await q.orderBy('n').limitToLast(2).get()), ['18', '19']);
});
check('cursors', async () => {
  const q = db.collection('q');
  const doc = await db.doc('q/10').get();
  assert.deepStrictEqual(ids(await q.orderBy('n').startAfter(doc).limit(2).get()), ['11', '12']);
  assert.deepStrictEqual(ids(await q.orderBy('n').startAt(4).endBefore(6).get()), ['04', '05']);
  const names = q.orderBy(FieldPath.documentId());
  assert.deepStrictEqual(ids(await names.startAfter('17').get()), ['18', '19']);
  assert.deepStrictEqual(ids(await names.startAt('03').endAt('04').get()), ['03', '04']);
});
check('paging by name sees every document once', async () => {
  const base = generated.collection('Orders').orderBy(FieldPath.documentId()).limit(70);
  const seen = new Set();
  let page = await base.get();
  while (page.size > 0) {
    page.docs.forEach(d => seen.add(d.id));
    page = await base.startAfter(page.docs[page.size - 1].id).get();
  }
  assert.strictEqual(seen.size, 500);
});
check('select, names only', async () => {
  const part = await db.collection('q').select('n').limit(1).get();
  assert.deepStrictEqual(part.docs[0].data(), {n: 0});
  const none = await db.collection('q').select().get();
  assert.strictEqual(none.size, 20);
  assert.deepStrictEqual(none.docs[0].data(), {});
});
check('count', async () => {
  assert.strictEqual((await generated.collection('Orders').count().get()).data().count, 500);
  assert.strictEqual((await db.collection('q').where('n', '<', 5).count().get()).data().count, 5);
  assert.strictEqual((await db.collection('none').count().get()).data().count, 0);
});
check('an empty result', async () => {
  const snapshot = await db.collection('none').get();
  assert.ok(snapshot.empty && snapshot.readTime.toMillis() > 1.6e12);
});
check('getAll with a missing one and a mask', async () => {
  const [a, b] = await db.getAll(db.doc('q/01'), db.doc('q/nobody'), {fieldMask: ['n']});
  assert.deepStrictEqual(a.data(), {n: 1});
  assert.strictEqual(b.exists, false);
});
check('bulk writer', async () => {
  const writer = db.bulkWriter();
  for (let i = 0; i < 300; i++)
    writer.set(db.doc(`bulk/${i}`), {i});
  await writer.close();
  assert.strictEqual((await db.collection('bulk').count().get()).data().count, 300);
});
check('listDocuments and listCollections', async () => {
  assert.strictEqual((await db.collection('q').listDocuments()).length, 20);
  await db.doc('q/01/sub/x').set({});
  assert.deepStrictEqual((await db.doc('q/01').listCollections()).map(c => c.id), ['sub']);
  assert.ok((await db.listCollections()).some(c => c.id === 'q'));
});
check('collection group', async () => {
  await db.doc('q/02/sub/y').set({});
  assert.deepStrictEqual(ids(await db.collectionGroup('sub').get()).sort(), ['x', 'y']);
});
check('a transaction that reads and writes', async () => {
  const n = await db.runTransaction(async t => {
    const doc = await t.get(db.doc('q/05'));
    t.update(doc.ref, {n: doc.get('n') + 100});
    return doc.get('n');
  });
  assert.strictEqual(n, 5);
  assert.strictEqual((await db.doc('q/05').get()).get('n'), 105);
});
check('a read-only transaction at a read time sees the past', async () => {
  const ref = db.doc('c/past');
  const {writeTime} = await ref.set({v: 'old'});
  await ref.set({v: 'new'});
  const v = await db.runTransaction(async t => (await t.get(ref)).get('v'), {readOnly: true, readTime: writeTime});
  assert.strictEqual(v, 'old');
});
check('a generated order looks like one', async () => {
  const [doc] = (await generated.collection('Orders').where('test', '==', false).limit(1).get()).docs;
  assert.ok(doc.get('line_items').length >= 1);
  assert.ok(/^#\d+$/.test(doc.get('name')));
});
// What a listener was told, snapshot by snapshot, and a way to wait for one that fits.
function watch(query) {
  const told = {snapshots: [], error: null, wake: () => {}};
  const off = query.onSnapshot(s => { told.snapshots.push(s); told.wake(); }, e => { told.error = e; told.wake(); });
  const until = async (what, fits) => {
    const end = Date.now() + 20000;
    for (;;) {
      if (told.error) throw told.error;
      const last = told.snapshots[told.snapshots.length - 1];
      if (last && fits(last)) return last;
      if (Date.now() > end) throw new Error(`not told: ${what}`);
      await new Promise(resolve => { told.wake = resolve; setTimeout(resolve, 500); });
    }
  };
  return {told, off, until};
}
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

check('onSnapshot of a collection: added, modified, removed', async () => {
  const live = db.collection('live');
  const {told, off, until} = watch(live);
  await until('the empty set', s => s.size === 0);
  await live.doc('a').set({n: 1});
  await until('a', s => s.size === 1);
  await live.doc('a').update({n: 2});
  await until('a changed', s => s.docs[0].get('n') === 2);
  await live.doc('b').set({n: 3});
  await live.doc('a').delete();
  const last = await until('b alone', s => s.size === 1 && s.docs[0].id === 'b');
  assert.ok(last.readTime.toMillis() > 1.6e12);
  const kinds = told.snapshots.flatMap(s => s.docChanges().map(c => `${c.type} ${c.doc.id}`));
  assert.deepStrictEqual(kinds, ['added a', 'modified a', 'added b', 'removed a']);
  off();
});
check('onSnapshot tells one commit as one snapshot', async () => {
  const {told, off, until} = watch(db.collection('atomic'));
  await until('the empty set', s => s.size === 0);
  const batch = db.batch();
  for (let i = 0; i < 10; i++)
    batch.set(db.doc(`atomic/${i}`), {i});
  await batch.commit();
  await until('all ten', s => s.size === 10);
  assert.deepStrictEqual(told.snapshots.map(s => s.size), [0, 10]);
  off();
});
check('onSnapshot of a filter: a document enters and leaves', async () => {
  const c = db.collection('filtered');
  await c.doc('x').set({open: true});
  const {told, off, until} = watch(c.where('open', '==', true));
  await until('x', s => s.size === 1);
  await c.doc('x').update({open: false});
  await until('nothing', s => s.size === 0);
  await c.doc('y').set({open: false});
  await c.doc('y').update({open: true});
  await until('y', s => s.size === 1 && s.docs[0].id === 'y');
  assert.strictEqual(told.snapshots.length, 3);
  off();
});
check('onSnapshot of an ordered and limited query', async () => {
  const c = db.collection('top');
  for (const n of [1, 2, 3])
    await c.doc(String(n)).set({n});
  const {off, until} = watch(c.orderBy('n', 'desc').limit(2));
  await until('3 and 2', s => ids(s).join() === '3,2');
  await c.doc('4').set({n: 4});
  await until('4 and 3', s => ids(s).join() === '4,3');
  await c.doc('4').delete();
  await until('3 and 2 again', s => ids(s).join() === '3,2');
  off();
});
check('onSnapshot of one document, missing at first', async () => {
  const ref = db.doc('live/single');
  const {off, until} = watch(ref);
  await until('nothing', s => !s.exists);
  await ref.set({v: 1});
  await until('it', s => s.exists && s.get('v') === 1);
  await ref.delete();
  await until('nothing again', s => !s.exists);
  off();
});
check('several listeners at once, and none after it is off', async () => {
  const c = db.collection('many');
  const watches = Array.from({length: 5}, () => watch(c));
  for (const w of watches)
    await w.until('the empty set', s => s.size === 0);
  watches[0].off();
  await c.doc('1').set({});
  for (const w of watches.slice(1))
    await w.until('1', s => s.size === 1);
  await sleep(100);
  assert.strictEqual(watches[0].told.snapshots.length, 1);
  watches.forEach(w => w.off());
});
check('onSnapshot of the generated orders', async () => {
  const {off, until} = watch(generated.collection('Orders'));
  await until('all', s => s.size === 500);
  const {docs} = await generated.collection('Orders').limit(1).get();
  await docs[0].ref.update({note: 'changed'});
  const last = await until('the change', s => s.docChanges().length === 1);
  assert.strictEqual(last.docChanges()[0].doc.get('note'), 'changed');
  off();
});
check('partitions cover a collection group once', async () => {
  const group = generated.collectionGroup('Orders');
  const partitions = [];
  for await (const partition of group.getPartitions(4))
    partitions.push(partition);
  assert.ok(partitions.length >= 3 && partitions.length <= 4, `${partitions.length} partitions`);
  const seen = [];
  for (const partition of partitions) {
    const part = ids(await partition.toQuery().get());
    assert.ok(part.length >= 64);
    seen.push(...part);
  }
  assert.strictEqual(seen.length, 500);
  assert.strictEqual(new Set(seen).size, 500);
});
check('a small group has one partition', async () => {
  const partitions = [];
  for await (const partition of db.collectionGroup('q').getPartitions(4))
    partitions.push(partition);
  assert.strictEqual(partitions.length, 1);
});
check('a listener follows through a stream that is cut', async () => {
  const c = db.collection('cut');
  const {off, until} = watch(c);
  await until('the empty set', s => s.size === 0);
  fs.appendFileSync(process.env.CONTROL, 'now cut\n');
  await sleep(200);
  await c.doc('1').set({});
  await until('1', s => s.size === 1);
  fs.appendFileSync(process.env.CONTROL, 'now goaway\n');
  await sleep(200);
  await c.doc('1').delete();
  await until('nothing', s => s.size === 0);
  off();
});
check('a wrong count makes the listener start anew', async () => {
  const c = db.collection('counted');
  await c.doc('1').set({});
  const {off, until} = watch(c);
  await until('1', s => s.size === 1);
  fs.appendFileSync(process.env.CONTROL, 'now filter:more=1\n');
  await sleep(200);
  await c.doc('2').set({});
  await until('2', s => s.size === 2);
  off();
});
check('RESET and everything again', async () => {
  const c = db.collection('again');
  await c.doc('1').set({});
  const {off, until} = watch(c);
  await until('1', s => s.size === 1);
  fs.appendFileSync(process.env.CONTROL, 'now reset\n');
  await sleep(200);
  await c.doc('1').delete();
  await c.doc('2').set({});
  await until('2', s => s.size === 1 && s.docs[0].id === '2');
  off();
});
check('a listener equals the collection after changes, cuts and resets', async () => {
  const orders = generated.collection('Orders');
  const {told, off, until} = watch(orders);
  await until('all', s => s.size === 500);
  const strikes = ['cut', 'goaway', 'cut:reset=1', 'unavailable', 'reset', 'duplicate', 'stall:delay_ms=300', 'filter:more=1'];
  fs.appendFileSync(process.env.CONTROL, 'changes 100 seconds=8 mix=30:40:30\n');
  for (const strike of strikes) {
    await sleep(1000);
    fs.appendFileSync(process.env.CONTROL, `now ${strike} # among changes\n`);
  }
  await sleep(1500);
  const dump = `${process.env.CONTROL}.dump`;
  fs.appendFileSync(process.env.CONTROL, `dump ${dump}\n`);
  while (!fs.existsSync(dump))
    await sleep(50);
  const nanos = t => BigInt(t.seconds) * 1000000000n + BigInt(t.nanoseconds);
  const there = fs.readFileSync(dump, 'utf8').trim().split('\n').sort().join();
  const here = s => s.docs.map(d => `${d.id}\t${nanos(d.updateTime)}`).sort().join();
  await until('what the dump says', s => here(s) === there);
  assert.ok(told.snapshots.length > 100);
  off();
});
check('a removed target is an error', async () => {
  const {off, until} = watch(db.collection('removed'));
  await until('the empty set', s => s.size === 0);
  fs.appendFileSync(process.env.CONTROL, 'now remove:code=9\n');
  await assert.rejects(until('an error', s => s.size > 0), /Error 9: The target was removed/);
  off();
});

(async () => {
  let failed = 0;
  console.log(`1..${checks.length}`);
  for (let i = 0; i < checks.length; i++) {
    try {
      await checks[i].body();
      console.log(`ok ${i + 1} - ${checks[i].name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${checks[i].name}`);
      console.log(`# ${String(error.stack).replace(/\n/g, '\n# ')}`);
    }
  }
  process.exit(failed ? 1 : 0);
})();
