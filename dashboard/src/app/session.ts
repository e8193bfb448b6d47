/** Who is logged in: the token pair, kept for all tabs of the browser and renewed before it runs out. */
import { useSyncExternalStore } from "react";

import type { Role, TokenPair } from "../api/records";

export interface Session {
  access: string;
  refresh: string;
  /** When it is renewed, before it runs out; ms since the epoch. */
  renewAt: number;
  user: string;
  role: Role;
}

const KEY = "takt.session";
const EARLY = 60_000; // ms before the end at which a token is renewed, or earlier
const SHARE = 0.75; // of its life, where it lives for minutes only
const listeners = new Set<() => void>();
let current = read();

window.addEventListener("storage", (event) => {
  if (event.key === KEY || event.key === null) told();
});

export const sessions = {
  get: () => current,
  keep(pair: TokenPair): Session {
    const made: Session = {
      access: pair.access_token,
      refresh: pair.refresh_token,
      renewAt: Date.now() + Math.max(pair.expires_in * 1000 - EARLY, pair.expires_in * 1000 * SHARE),
      user: pair.user,
      role: pair.role,
    };
    localStorage.setItem(KEY, JSON.stringify(made));
    told();
    return made;
  },
  forget(): void {
    localStorage.removeItem(KEY);
    told();
  },
};

export function useSession(): Session | null {
  return useSyncExternalStore(subscribe, sessions.get);
}

export function mayEdit(session: Session | null): boolean {
  return session !== null && session.role !== "viewer";
}

/** The refused login: an HTTP status and, for 429, the seconds to wait. */
export class LoginRefused extends Error {
  constructor(
    readonly status: number,
    readonly wait: number,
  ) {
    super(`login refused: ${status}`);
  }
}

export async function logIn(username: string, password: string): Promise<Session> {
  const answer = await fetch("/api/auth/token", {
    method: "POST",
    body: new URLSearchParams({ username, password }),
  });
  if (!answer.ok) throw new LoginRefused(answer.status, Number(answer.headers.get("Retry-After") ?? 0));
  return sessions.keep((await answer.json()) as TokenPair);
}

export async function logOut(): Promise<void> {
  const token = await freshToken();
  sessions.forget();
  if (token) await fetch("/api/auth/logout", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
}

/** An access token that still opens, or null once the session is over. Throws where the service does not answer. */
export async function freshToken(refused?: string): Promise<string | null> {
  if (current === null) return null;
  if (opens(current, refused)) return current.access;
  return exclusively(async () => {
    current = read(); // another tab may have renewed it; a refresh token is good only once
    if (current === null) return null;
    if (opens(current, refused)) return current.access;
    const answer = await fetch("/api/auth/refresh", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ refresh_token: current.refresh }),
    });
    if (answer.ok) return sessions.keep((await answer.json()) as TokenPair).access;
    if (answer.status >= 500) throw new Error(`refresh: ${answer.status}`);
    sessions.forget();
    return null;
  });
}

function opens(session: Session, refused: string | undefined): boolean {
  return session.access !== refused && Date.now() < session.renewAt;
}

let waiting: Promise<unknown> = Promise.resolve();

function exclusively<T>(work: () => Promise<T>): Promise<T> {
  if ("locks" in navigator) return navigator.locks.request("takt.refresh", work) as Promise<T>;
  const next = waiting.then(work, work); // pages of plain http have no locks between tabs
  waiting = next.catch(() => undefined);
  return next;
}

function read(): Session | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") as Session | null;
  } catch {
    return null;
  }
}

function told(): void {
  current = read();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
