/** The typed client: every request carries a token that opens, every refusal is a Problem. */
import createClient, { type Middleware } from "openapi-fetch";

import { freshToken } from "../app/session";
import type { ProblemDocument } from "./records";
import type { paths } from "./schema";

/** What the service refused, as its RFC 9457 document; `code` tells one kind from another. */
export class Problem extends Error {
  constructor(readonly document: Partial<ProblemDocument> & { status: number }) {
    super(document.detail ?? document.title ?? `HTTP ${document.status}`);
  }
  get code(): string {
    return this.document.code ?? "internal";
  }
}

/** The service does not answer. */
export class Unreachable extends Error {}

const again = new Map<string, Request>();

const tokens: Middleware = {
  async onRequest({ request, id }) {
    const token = await freshToken().catch((error: unknown) => {
      throw new Unreachable(String(error));
    });
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
    again.set(id, request.clone());
    return request;
  },
  /** A token that ran out on the way is renewed and the request sent once more: the service did nothing yet. */
  async onResponse({ response, id }) {
    const request = again.get(id);
    again.delete(id);
    const refused = request?.headers.get("Authorization")?.slice("Bearer ".length);
    if (response.status !== 401 || !request || !refused) return response;
    const token = await freshToken(refused);
    if (token === null) return response;
    request.headers.set("Authorization", `Bearer ${token}`);
    return reaching(request);
  },
  onError({ id }) {
    again.delete(id);
  },
};

async function reaching(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Unreachable(String(error));
  }
}

export const client = createClient<paths>({ baseUrl: location.origin, fetch: reaching });
client.use(tokens);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What an answered request holds; throws its Problem where it was refused. */
export async function got<T>(asked: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  const document = typeof error === "object" && error !== null ? error : {};
  throw new Problem({ ...document, status: response.status });
}
