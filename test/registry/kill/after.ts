import { randomInt } from 'node:crypto';
import { send, sha256 } from './http.ts';
import type { Ledger, OpenUpload, Step, Value } from './ledger.ts';

/** What a check after a restart found. */
export interface Found {
  /** Unanswered requests that had taken effect, and that had not. */
  applied: number;
  dropped: number;
  /** Uploads that were gone on with. */
  resumed: number;
  checked: number;
}

const sampled = 150;

/** Compares a restarted server with the ledger; what unanswered requests came to is entered there. */
export async function checkAfter(base: string, ledger: Ledger, faults: string[], all = false): Promise<Found> {
  const found: Found = { applied: 0, dropped: 0, resumed: 0, checked: 0 };
  for (const step of ledger.pending) await settleStep({ base, ledger, faults, found }, step);
  ledger.pending.clear();
  for (const upload of ledger.uploads.values()) await resume({ base, ledger, faults, found }, upload);
  ledger.uploads.clear();
  const old = [...ledger.acked.keys()].filter((path) => all || (ledger.touched.has(path) ? false : oneIn(ledger)));
  for (const path of new Set([...ledger.touched, ...old])) {
    const value = await observe(base, path, faults);
    found.checked += 1;
    if (value !== ledger.now(path)) faults.push(`${path}: acknowledged ${ledger.now(path)}, found ${value}`);
  }
  ledger.touched.clear();
  return found;
}

interface Checking {
  readonly base: string;
  readonly ledger: Ledger;
  readonly faults: string[];
  readonly found: Found;
}

function oneIn({ acked }: Ledger): boolean {
  return randomInt(acked.size) < sampled;
}

async function settleStep({ base, ledger, faults, found }: Checking, step: Step): Promise<void> {
  const states = new Set<'old' | 'new'>();
  for (const [path, next] of step.changes) {
    const value = await observe(base, path, faults);
    const before = ledger.now(path);
    if (value !== before && value !== next) faults.push(`${path}: was ${before}, asked for ${next}, found ${value}`);
    if (before !== next) states.add(value === next ? 'new' : 'old');
    ledger.settle(path, value);
  }
  if (step.isAtomic && states.size > 1) faults.push(`half of a change: ${JSON.stringify([...step.changes])}`);
  if (states.has('new')) found.applied += 1;
  else found.dropped += 1;
}

/** An upload that was under way goes on at the byte that the server tells; one whose end was under way may be done. */
async function resume({ base, ledger, faults, found }: Checking, upload: OpenUpload): Promise<void> {
  const { location, repository, bytes, digest, acked, sent, isFinishing } = upload;
  const path = `/v2/${repository}/blobs/${digest}`;
  const status = await send(base, location);
  if (status.status === 404 && isFinishing && ledger.now(path) === digest) return;
  const range = /^0-(\d+)$/.exec(status.headers.get('range') ?? '')?.[1];
  const size = range === undefined || range === '0' ? 0 : Number(range) + 1;
  if (status.status !== 204 || size < acked || size > sent) {
    faults.push(`${location}: ${status.status} ${range}, acknowledged ${acked}, sent ${sent}`);
    return;
  }
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Range': `${size}-${bytes.length - 1}` };
  if (size < bytes.length) await send(base, location, { method: 'PATCH', headers, body: bytes.subarray(size) });
  const put = await send(base, `${location}?digest=${digest}`, { method: 'PUT' });
  if (put.status !== 201) faults.push(`${location}: resumed, then ${put.status} ${put.body.toString()}`);
  ledger.settle(path, digest);
  found.resumed += 1;
}

/** What a path holds now; bytes are hashed, not believed. */
async function observe(base: string, path: string, faults: string[]): Promise<Value> {
  const [url = '', member] = path.split('#');
  const { status, headers, body } = await send(base, url);
  if (status === 404) return null;
  if (status !== 200) faults.push(`GET ${url}: ${status} ${body.toString().slice(0, 200)}`);
  if (member !== undefined) return body.toString().includes(`"${member}"`) ? member : null;
  const actual = sha256(body);
  if (actual !== headers.get('docker-content-digest')) faults.push(`${url} has the bytes of ${actual}`);
  return actual;
}
