import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { client, got, Problem } from "../api/client";
import { freshToken, sessions } from "./session";

const pair = (access: string, refresh: string, seconds = 900) => ({
  access_token: access, refresh_token: refresh, expires_in: seconds, user: "ana", role: "planner" as const, token_type: "bearer" as const,
});

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("renews a token before it runs out, once however many ask", async () => {
  sessions.keep(pair("a1", "r1"));
  const fetched = vi.fn(() => Promise.resolve(Response.json(pair("a2", "r2"))));
  vi.stubGlobal("fetch", fetched);
  expect(await freshToken()).toBe("a1");
  vi.advanceTimersByTime(850_000);
  expect(await Promise.all([freshToken(), freshToken(), freshToken()])).toEqual(["a2", "a2", "a2"]);
  expect(fetched).toHaveBeenCalledOnce();
});

it("does not renew a short token at every request", async () => {
  sessions.keep(pair("a1", "r1", 60));
  vi.advanceTimersByTime(30_000);
  expect(await freshToken()).toBe("a1");
});

it("ends the session where the refresh token is refused, and keeps it where the service is down", async () => {
  sessions.keep(pair("a1", "r1"));
  vi.advanceTimersByTime(1_000_000);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 503 })));
  await expect(freshToken()).rejects.toThrow("503");
  expect(sessions.get()).not.toBeNull();
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 401 })));
  expect(await freshToken()).toBeNull();
  expect(sessions.get()).toBeNull();
});

it("sends a request once more with a new token where the old one was refused, body and all", async () => {
  sessions.keep(pair("a1", "r1"));
  const seen: string[] = [];
  vi.stubGlobal("fetch", async (asked: Request | string) => {
    if (typeof asked === "string") return Response.json(pair("a2", "r2"));
    seen.push(`${asked.headers.get("Authorization")} ${await asked.text()}`);
    return seen.length === 1 ? Response.json({ code: "token_expired" }, { status: 401 }) : Response.json({ draft: {} }, { status: 201 });
  });
  await got(client.POST("/api/drafts", { body: { title: "t" } }));
  expect(seen).toEqual(['Bearer a1 {"title":"t"}', 'Bearer a2 {"title":"t"}']);
});

it("makes a problem of what is refused, with its code", async () => {
  sessions.keep(pair("a1", "r1"));
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ code: "stale", detail: "moved on", revision: 4 }, { status: 409 })));
  const failed = await got(client.GET("/api/versions/latest")).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Problem);
  expect((failed as Problem).code).toBe("stale");
  expect((failed as Problem).document.revision).toBe(4);
});
