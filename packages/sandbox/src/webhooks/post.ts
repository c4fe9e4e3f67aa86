export type PostResult =
  | { readonly outcome: 'answered'; readonly status: number }
  | { readonly outcome: 'timeout' }
  | { readonly outcome: 'unreachable' };

/** Real time, as every deadline of a socket. */
const ANSWER_WITHIN_MS = 10_000;

export async function postWebhook(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  closing: AbortSignal,
): Promise<PostResult> {
  const deadline = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'freshet-sandbox', ...headers },
      body,
      // Senders do not follow: a redirect is an answer like any other that is not 200.
      redirect: 'manual',
      signal: AbortSignal.any([deadline, closing]),
    });
    await answer.arrayBuffer();
    return { outcome: 'answered', status: answer.status };
  } catch {
    return { outcome: deadline.aborted ? 'timeout' : 'unreachable' };
  }
}
