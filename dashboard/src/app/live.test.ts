import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Notice } from "../api/records";
import { Feed, keysOf } from "./live";
import { sessions } from "./session";

/** A socket whose other end the test plays. */
class Socket {
  static made: Socket[] = [];
  said: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(readonly address: string) {
    Socket.made.push(this);
    setTimeout(() => this.onopen?.(), 0);
  }
  send(text: string): void {
    this.said.push(JSON.parse(text));
  }
  close(): void {
    this.onclose?.();
  }
  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const notice = (id: number): Notice => ({ id, kind: "version.published", subject: "3", at: "2026-01-05T06:00:00Z", data: {} });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  Socket.made = [];
  sessions.keep({ access_token: "token", refresh_token: "r", expires_in: 9000, user: "ana", role: "planner", token_type: "bearer" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("goes on after the last notice once a socket broke", async () => {
  const heard: number[] = [];
  const feed = new Feed((one) => heard.push(one.id), () => undefined);
  void feed.run();
  await vi.advanceTimersByTimeAsync(1);
  expect(Socket.made[0]?.said).toEqual([{ token: "token", after: null }]);
  Socket.made[0]?.tell({ type: "ready", last: 16 });
  expect(feed.link).toBe("live");
  Socket.made[0]?.tell({ type: "notice", ...notice(17) });
  Socket.made[0]?.close();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(Socket.made[1]?.said).toEqual([{ token: "token", after: 17 }]);
  expect(heard).toEqual([17]);
  feed.stop();
});

it("has all loaded anew where notices are no longer kept", async () => {
  const reset = vi.fn();
  const feed = new Feed(() => undefined, reset);
  void feed.run();
  await vi.advanceTimersByTimeAsync(1);
  Socket.made[0]?.tell({ type: "reset", last: 99 });
  expect(reset).toHaveBeenCalledOnce();
  Socket.made[0]?.close();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(Socket.made[1]?.said).toEqual([{ token: "token", after: 99 }]);
  feed.stop();
});

it("asks instead where sockets do not open, from the same place on", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(new URL(request.url).search);
    if (asked.length > 1) return new Promise(() => undefined);
    return Promise.resolve(Response.json({ notices: [notice(18)], last: 18, reset: false }));
  });
  const heard: number[] = [];
  const feed = new Feed((one) => heard.push(one.id), () => undefined);
  void feed.run();
  for (let tries = 0; tries < 12; tries++) {
    await vi.advanceTimersByTimeAsync(4_000);
    Socket.made[Socket.made.length - 1]?.close();
  }
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked[0]).toBe("");
  expect(asked[1]).toBe("?after=18&wait=20");
  expect(heard).toEqual([18]);
  expect(feed.link).toBe("polling");
  feed.stop();
});

it("says that it is offline, and takes the socket again once the service is back", async () => {
  let isUp = false;
  vi.stubGlobal("fetch", () => (isUp ? Promise.resolve(Response.json({ notices: [], last: 5, reset: false })) : Promise.reject(new TypeError("down"))));
  const feed = new Feed(() => undefined, () => undefined);
  void feed.run();
  for (let tries = 0; tries < 5; tries++) {
    await vi.advanceTimersByTimeAsync(4_000);
    Socket.made[Socket.made.length - 1]?.close();
  }
  await vi.advanceTimersByTimeAsync(20_000);
  expect(feed.link).toBe("offline");
  const tried = Socket.made.length;
  isUp = true;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(Socket.made.length).toBeGreaterThan(tried);
  Socket.made[Socket.made.length - 1]?.tell({ type: "ready", last: 5 });
  expect(feed.link).toBe("live");
  feed.stop();
});

it("says what a notice makes out of date", () => {
  expect(keysOf({ ...notice(1), kind: "draft.changed", subject: "7" })).toContainEqual(["draft", 7]);
  expect(keysOf({ ...notice(1), kind: "draft.changed", subject: "7", data: { revision: 3 } }, 3)).toEqual([["drafts"]]);
  expect(keysOf({ ...notice(1), kind: "never.heard.of" })).toEqual([]);
});
