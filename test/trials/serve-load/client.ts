import { Pool } from 'undici';
import { admissionReview } from '../../admission/requests.ts';

/** What a client is told to do, as JSON on its command line. */
export interface LoadPlan {
  readonly url: string;
  /** Images by their reference, each with what must be answered; a pod names three in a row. */
  readonly images: readonly { readonly reference: string; readonly isGood: boolean }[];
  readonly connections: number;
  /** Ends after so long, or after so many requests, whichever is first. */
  readonly ms: number;
  readonly requests?: number;
  /** All requests ask for the first three images. */
  readonly same?: boolean;
  /** What the API server would wait. */
  readonly timeoutMs: number;
}

/** What came of it. */
export interface LoadResult {
  readonly answers: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Allowed though an image must not be. */
  readonly wrong: number;
  /** Refused though all images are good: undecided, or in doubt. */
  readonly refused: number;
  readonly late: number;
  readonly failed: number;
}

/** Sends reviews over connections that are kept, the next when the last is answered. */
async function load(plan: LoadPlan): Promise<LoadResult> {
  const pool = new Pool(plan.url, { connections: plan.connections, pipelining: 1 });
  const pods = podsOf(plan);
  const times: number[] = [];
  const counts = { wrong: 0, refused: 0, late: 0, failed: 0 };
  const started = performance.now();
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - started < plan.ms && sent < (plan.requests ?? Number.POSITIVE_INFINITY)) {
      const { body, isGood } = pods[sent++ % pods.length] ?? { body: '', isGood: false };
      const from = performance.now();
      const isAllowed = await ask(pool, body, plan.timeoutMs);
      const took = performance.now() - from;
      counts.wrong += Number(isAllowed === true && !isGood);
      counts.refused += Number(isAllowed === false && isGood);
      counts.failed += Number(isAllowed === undefined);
      counts.late += Number(took > plan.timeoutMs);
      times.push(took);
    }
  };
  await Promise.all(Array.from({ length: plan.connections }, worker));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    answers: times.length,
    perSecond: Math.round(times.length / seconds),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    ...counts,
  };
}

/** Whether the pod is allowed; undefined where no answer came. */
async function ask(pool: Pool, body: string, timeoutMs: number): Promise<boolean | undefined> {
  try {
    const answer = await pool.request({
      method: 'POST',
      path: `/validate?timeout=${timeoutMs}ms`,
      headers: { 'content-type': 'application/json' },
      body,
    });
    const { response } = (await answer.body.json()) as { readonly response: { readonly allowed: boolean } };
    return response.allowed;
  } catch {
    return undefined;
  }
}

/** Pods of three containers, so that each image is named as often as the others. */
function podsOf({ images, same }: LoadPlan): readonly { readonly body: string; readonly isGood: boolean }[] {
  const count = same === true ? 1 : images.length;
  return Array.from({ length: count }, (_, at) => {
    const named = [0, 1, 2].map((next) => images[(at + next) % images.length]);
    const containers = named.map((image, index) => ({
      name: `c${index}`,
      image: image?.reference,
      ports: [{ containerPort: 8080 }],
      env: [{ name: 'LEVEL', value: 'info' }],
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    }));
    const metadata = { name: `pod-${at}`, namespace: 'shop', labels: { app: 'web', tier: 'front' } };
    const body = JSON.stringify(
      admissionReview({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers, serviceAccountName: 'default' } }),
    );
    return { body, isGood: named.every((image) => image?.isGood === true) };
  });
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

console.log(JSON.stringify(await load(JSON.parse(process.argv[2] ?? '{}'))));
