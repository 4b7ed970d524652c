// Loads one collection by arangojs and pg-copy-streams, as a careful user would: streaming cursors over disjoint
// key ranges, one COPY per connection, back-pressure respected, text escaped by one regular expression.
//   node migrate.mjs URL DATABASE COLLECTION CONNINFO_DATABASE TABLE LANES
import { once } from "node:events";
import { Database } from "arangojs";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

const [url, database, collection, target, table, lanes] = process.argv.slice(2);
const db = new Database({ url, databaseName: database });

const alphabet = "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const value = new Map([...alphabet].map((c, i) => [c, BigInt(i)]));
const revision = (text) => {
  let n = 0n;
  for (const c of text) n = (n << 6n) | value.get(c);
  return n;
};
const escape = (text) => text.replace(/[\\\n\r\t]/g, (c) => ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" })[c]);

function row(document) {
  const { _key, _id, _rev, ...rest } = document;
  return `${escape(_key)}\t${revision(_rev)}\t${escape(JSON.stringify(rest))}\n`;
}

async function bounds(count) {
  const size = (await db.collection(collection).count()).count;
  const keys = [];
  for (let i = 1; i < count; i++) {
    const cursor = await db.query(
      "FOR d IN @@c SORT d._key LIMIT @at, 1 RETURN d._key",
      { "@c": collection, at: Math.floor((size * i) / count) });
    keys.push(await cursor.next());
  }
  return keys;
}

async function load(low, high) {
  const client = new pg.Client({ database: target });
  await client.connect();
  const copy = client.query(copyFrom(`COPY ${table} FROM STDIN`));
  const cursor = await db.query(
    `FOR d IN @@c ${low === null ? "" : "FILTER d._key >= @low"} ${high === null ? "" : "FILTER d._key < @high"} RETURN d`,
    { "@c": collection, ...(low === null ? {} : { low }), ...(high === null ? {} : { high }) },
    { batchSize: 2000, stream: true });
  for await (const batch of cursor.batches) {
    let text = "";
    for (const document of batch) text += row(document);
    if (!copy.write(text)) await once(copy, "drain");
  }
  copy.end();
  await once(copy, "finish");
  await client.end();
}

const count = Number(lanes);
const edges = [null, ...(await bounds(count)), null];
await Promise.all(Array.from({ length: count }, (_, i) => load(edges[i], edges[i + 1])));
