/** What happens, as it happens: notices over a WebSocket that goes on where it left off, else by asking. */
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import { client, got } from "../api/client";
import type { Draft, Notice } from "../api/records";
import { freshToken } from "./session";

export type Link = "connecting" | "live" | "polling" | "offline";

const SOCKET_TRIES = 3; // sockets that fail in a row before asking instead
const RENEW = 5 * 60_000;
const QUIET = 10_000; // ms to wait for the first answer

type Heard = (notice: Notice) => void;

/** One feed of notices; `after` is the id of the last one seen, so that none is missed or told twice. */
export class Feed {
  private after: number | null = null;
  private failures = 0;
  private stopped = false;
  private socket: WebSocket | null = null;
  private wake: (() => void) | null = null;
  link: Link = "connecting";
  readonly changed = new Set<() => void>();

  constructor(
    private readonly heard: Heard,
    private readonly reset: () => void,
  ) {
    window.addEventListener("online", this.hurry);
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      const token = await freshToken().catch(() => null);
      if (this.stopped) return;
      if (token === null) {
        this.set("offline");
      } else if (this.failures < SOCKET_TRIES) {
        await this.listen(token);
      } else if (!(await this.ask())) {
        this.set("offline");
      } else {
        continue;
      }
      if (!this.stopped) await this.pause(Math.min(15_000, 500 * 2 ** Math.min(this.failures, 5)));
    }
  }

  stop(): void {
    this.stopped = true;
    window.removeEventListener("online", this.hurry);
    this.socket?.close();
    this.wake?.();
  }

  private hurry = (): void => {
    this.failures = 0;
    this.wake?.();
  };

  private listen(token: string): Promise<void> {
    return new Promise((done) => {
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      const socket = new WebSocket(`${scheme}://${location.host}/api/events/socket`);
      this.socket = socket;
      const renewal = setInterval(() => {
        void freshToken()
          .then((fresh) => fresh && socket.send(JSON.stringify({ token: fresh })))
          .catch(() => socket.close());
      }, RENEW);
      const late = setTimeout(() => socket.close(), QUIET);
      socket.onopen = () => socket.send(JSON.stringify({ token, after: this.after }));
      socket.onmessage = (event) => {
        clearTimeout(late);
        this.take(JSON.parse(String(event.data)) as Told);
      };
      socket.onclose = () => {
        clearTimeout(late);
        clearInterval(renewal);
        this.failures += 1;
        if (this.link === "live") this.set("connecting");
        done();
      };
    });
  }

  private take(told: Told): void {
    if (told.type === "notice") {
      this.after = told.id;
      this.heard(told);
      return;
    }
    this.failures = 0;
    this.after = told.last;
    if (told.type === "reset") this.reset();
    this.set("live");
  }

  /** Ask once, waiting for news at the service; false where it does not answer. */
  private async ask(): Promise<boolean> {
    try {
      const wait = this.link === "offline" ? 0 : 20; // seconds; that it is back is told at once
      const query = this.after === null ? {} : { after: this.after, wait };
      const found = await got(client.GET("/api/events", { params: { query } }));
      if (found.reset) this.reset();
      for (const one of found.notices) this.heard(one);
      this.after = found.last;
      if (this.link === "offline") {
        this.failures = 0; // it is back, and so sockets may be
        this.set("connecting");
        return true;
      }
      this.set("polling");
      if (++this.failures > SOCKET_TRIES + 10) this.failures = 0; // now and then a socket again
      return true;
    } catch {
      return false;
    }
  }

  private set(link: Link): void {
    if (this.link === link) return;
    this.link = link;
    for (const one of this.changed) one();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

type Told = ({ type: "notice" } & Notice) | { type: "ready" | "reset"; last: number };

let feed: Feed | null = null;
const watchers = new Set<() => void>();
const readers = new Set<Heard>();

/** Start following; what is shown is loaded anew as notices say. Returns what stops it. */
export function follow(queries: QueryClient): () => void {
  const made = new Feed(
    (notice) => {
      for (const key of keysOf(notice, revisionOf(queries, notice))) void queries.invalidateQueries({ queryKey: key });
      for (const reader of readers) reader(notice);
    },
    () => void queries.invalidateQueries(),
  );
  feed = made;
  made.changed.add(() => {
    watchers.forEach((one) => one());
    const isBack = made.link === "live" || made.link === "polling";
    if (isBack) void queries.refetchQueries({ predicate: (query) => query.state.status === "error" });
  });
  void made.run();
  return () => {
    made.stop();
    if (feed === made) feed = null;
  };
}

export function useLink(): Link {
  return useSyncExternalStore(
    (listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    () => feed?.link ?? "connecting",
  );
}

export function onNotice(reader: Heard): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

function revisionOf(queries: QueryClient, notice: Notice): number {
  if (notice.kind !== "draft.changed") return -1;
  return queries.getQueryData<Draft>(["draft", Number(notice.subject), "head"])?.draft.revision ?? -1;
}

/** What a notice makes out of date, as keys of queries; `known` is the revision of its draft that is shown already. */
export function keysOf(notice: Notice, known = -1): readonly (readonly unknown[])[] {
  switch (notice.kind) {
    case "version.published":
      return [["versions"], ["drafts"], ["notes"]];
    case "draft.changed":
      if (Number(notice.data["revision"]) <= known) return [["drafts"]]; // an edit of one's own
      return [["drafts"], ["draft", Number(notice.subject)]];
    case "draft.status":
      return [["drafts"], ["draft", Number(notice.subject)]];
    case "job.changed":
      return [["jobs"], ["job", notice.subject]];
    case "line.changed":
      return [["live"]];
    default:
      return [];
  }
}
