import { bigBlob } from '../registry/big-blob.ts';

/** One line for the list of trials. */
export const about: string =
  'a blob of 2 GiB (or of as many MiB as given) pushed to the embedded registry and pulled, in constant memory';

const allowedMiB = 96;

/** `npm run trial -- big-blob [MIB]` */
export async function trial([mebibytes = '2048']: readonly string[]): Promise<boolean> {
  const { beforeMiB, highestMiB, pushMs, pullMs } = await bigBlob(Number(mebibytes));
  const speed = (ms: number): string =>
    `${(ms / 1000).toFixed(1)} s (${Math.round((Number(mebibytes) / ms) * 1000)} MiB/s)`;
  console.log(`${mebibytes} MiB: push ${speed(pushMs)}, pull ${speed(pullMs)}`);
  const grown = highestMiB - beforeMiB;
  console.log(`server's memory: ${Math.round(beforeMiB)} MiB before, ${Math.round(highestMiB)} MiB at its highest`);
  return grown < allowedMiB;
}
