import type { TokenHttp } from '../auth/token.ts';
import { RegistryError } from '../errors.ts';
import { headerOf, readBody } from './body.ts';
import type { Settings } from './options.ts';
import { withRetries } from './retry.ts';
import type { Transport } from './transport.ts';

type TokenAnswer = Awaited<ReturnType<TokenHttp>> & { readonly retryAfter: string | undefined };

/** Token servers: bounded answers, no redirects, retried like a read (asking twice for a token changes nothing). */
export function createTokenHttp(settings: Settings, transport: Transport): TokenHttp {
  return ({ deadline, ...request }) =>
    withRetries(
      { idempotent: true },
      { settings, deadline, outcomeOf: (answer: TokenAnswer) => answer },
      async (attempt) => {
        const answer = await transport.send({ ...request, deadline, attempt });
        const { origin } = request.url;
        const bytes = await readBody(answer, { maxBytes: settings.limits.maxTokenBytes, origin, deadline }).catch(
          (error: unknown) => {
            throw notOfContent(error);
          },
        );
        return { status: answer.status, bytes, retryAfter: headerOf(answer.headers, 'retry-after') };
      },
    );
}

/** TOO_LARGE is said of content that was asked for: a caller could take it for that. */
function notOfContent(error: unknown): unknown {
  const isTooLarge = error instanceof RegistryError && error.code === 'TOO_LARGE';
  return isTooLarge ? new RegistryError('UNEXPECTED_ANSWER', `token server: ${error.message}`) : error;
}
