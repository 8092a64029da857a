import * as v from 'valibot';
import { AdmissionError } from '../../errors.ts';
import { askSocket } from '../ask-socket.ts';

/** The daemon whose images are asked about, and how long is waited. */
export interface Daemon {
  /** Its unix socket. */
  readonly socket: string;
  readonly timeoutMs: number;
}

/** An image with its whole history and all its names. */
const maxAnswerBytes = 4 * 1024 * 1024;
/** Names of one image that are looked at. */
const maxNames = 32;

const schema = v.object({ Id: v.string(), RepoDigests: v.nullish(v.array(v.string()), []) });

/**
 * As what the daemon pulled an image, `REPOSITORY@DIGEST` each: it has checked that those manifests lead to this image. None for one that was
 * built, loaded or imported; undefined where it has none by this id. Rule: Docker Engine API, ImageInspect
 * @throws {AdmissionError} DAEMON_FAILED
 */
export async function pulledAs(id: string, daemon: Daemon): Promise<readonly string[] | undefined> {
  const failed = (why: string, cause?: unknown): AdmissionError =>
    new AdmissionError(
      'DAEMON_FAILED',
      `the Docker daemon at ${daemon.socket}, asked as what an image was pulled: ${why}`,
      { cause },
    );
  const { status, json } = await askSocket({ ...daemon, path: `/images/${id}/json`, maxBytes: maxAnswerBytes, failed });
  if (status === 404) return undefined;
  if (status !== 200) throw failed(`it answered with status ${status}`);
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) throw failed('its answer is no image');
  if (parsed.output.Id !== id) throw failed('its answer is about another image');
  return parsed.output.RepoDigests.filter((name) => name.includes('@')).slice(0, maxNames);
}
