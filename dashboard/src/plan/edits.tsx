/** Doing edits on the shown draft: at the revision that was seen, shown at once, and with a way out where others were faster. */
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import { client, got, Problem } from "../api/client";
import type { Carried, Changed, Draft, DraftMeta, Edit, Runs } from "../api/records";
import { mayEdit, useSession } from "../app/session";
import { patched } from "../gantt/chart";
import { useWords } from "../words";
import { sayProblem } from "../parts/states";
import { CarriedDialog, type Stale, StaleDialog } from "./dialogs";
import { usePlan } from "./shown";

export type ReviewStep = "submit" | "withdraw" | "approve" | "reject" | "discard";

export interface Edits {
  /** Whether the shown draft can be edited now by this user. */
  isOpen: boolean;
  busy: boolean;
  /** Why edits are made, kept with each until it is changed. */
  reason: string;
  setReason: (reason: string) => void;
  /** Do an edit; null where it was refused, which has then been told. */
  edit(edit: Edit, reason?: string): Promise<Changed | null>;
  undo(): Promise<void>;
  redo(): Promise<void>;
  review(step: ReviewStep): Promise<void>;
  publish(): Promise<void>;
  /** Open a draft of the version published now with this one's edits, and show it. */
  carry(): Promise<void>;
  /** Open a draft of the shown version and show it; null where that was refused. */
  open(title?: string): Promise<Draft | null>;
  /** Do an edit in the shown draft, or in a new one where a version is shown. */
  editAnywhere(edit: Edit, reason: string): Promise<number | null>;
}

const Context = createContext<Edits | null>(null);

export function useEdits(): Edits {
  const edits = useContext(Context);
  if (edits === null) throw new Error("useEdits: expected to stand inside EditsProvider");
  return edits;
}

export function EditsProvider({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const plan = usePlan();
  const session = useSession();
  const queries = useQueryClient();
  const [, setSearch] = useSearchParams();
  const [busy, setBusy] = useState(false);
  const [stale, setStale] = useState<Stale | null>(null);
  const [carried, setCarried] = useState<Carried | null>(null);
  const [reason, setReason] = useState("");
  const current = useRef({ ...plan, reason });
  current.current = { ...plan, reason };

  const edits = useMemo((): Edits => {
    const revisions = new Map<number, number>(); // newer than what is rendered, while edits follow fast

    function revisionOf(draft: number): number {
      const head = queries.getQueryData<Draft>(["draft", draft, "head"]);
      return Math.max(revisions.get(draft) ?? 0, head?.draft.revision ?? 0);
    }

    async function guarded<T>(work: () => Promise<T>, again: () => Promise<unknown>): Promise<T | null> {
      setBusy(true);
      try {
        return await work();
      } catch (error) {
        const stands = error instanceof Problem && error.code === "stale" ? error.document.revision : null;
        const own = current.current.draft?.draft.id;
        if (own !== undefined && stands !== null && stands !== undefined) revisions.set(own, stands);
        if (error instanceof Problem && error.code === "stale")
          setStale({ changes: (error.document.changes ?? []) as Record<string, unknown>[], repeat: again });
        else notifications.show({ color: "red", autoClose: 9000, message: sayProblem(t, error) });
        const { draft } = current.current;
        if (draft) void queries.invalidateQueries({ queryKey: ["draft", draft.draft.id] });
        return null;
      } finally {
        setBusy(false);
      }
    }

    function take(changed: Changed): Changed {
      const { id, revision } = changed.draft.draft;
      revisions.set(id, revision);
      queries.setQueryData<Draft>(["draft", id, "head"], changed.draft);
      queries.setQueryData<Runs>(["draft", id, "runs"], (runs) => runs && patched(runs, changed.verdict.runs));
      void queries.invalidateQueries({ queryKey: ["draft", id] });
      void queries.invalidateQueries({ queryKey: ["drafts"] });
      return changed;
    }

    async function send(draft: number, edit: Edit, reason: string): Promise<Changed> {
      const body = { edit, reason, revision: revisionOf(draft) };
      return take(await got(client.POST("/api/drafts/{number}/edits", { params: { path: { number: draft } }, body })));
    }

    async function step(way: "undo" | "redo"): Promise<void> {
      const draft = current.current.draft?.draft.id;
      if (draft === undefined) return;
      await guarded(
        async () =>
          take(
            await got(
              client.POST(way === "undo" ? "/api/drafts/{number}/undo" : "/api/drafts/{number}/redo", {
                params: { path: { number: draft } },
                body: { revision: revisionOf(draft), reason: "" },
              }),
            ),
          ),
        () => step(way),
      );
    }

    async function heard(asked: Promise<DraftMeta | { version: number }>): Promise<void> {
      await asked;
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["drafts"] }),
        queries.invalidateQueries({ queryKey: ["draft"] }),
        queries.invalidateQueries({ queryKey: ["versions"] }),
      ]);
    }

    function show(draft: number | null): void {
      setSearch((before) => {
        const next = new URLSearchParams(before);
        next.delete("draft");
        next.delete("version");
        if (draft !== null) next.set("draft", String(draft));
        return next;
      });
    }

    const made: Edits = {
      isOpen: false,
      busy: false,
      reason: "",
      setReason,
      edit(edit, reason = current.current.reason) {
        const draft = current.current.draft?.draft.id;
        if (draft === undefined) return Promise.resolve(null);
        return guarded(() => send(draft, edit, reason), () => made.edit(edit, reason));
      },
      undo: () => step("undo"),
      redo: () => step("redo"),
      async review(action) {
        const draft = current.current.draft?.draft.id;
        if (draft === undefined) return;
        await guarded(async () => {
          await heard(
            got(
              client.POST("/api/drafts/{number}/review/{action}", {
                params: { path: { number: draft, action } },
                body: { revision: revisionOf(draft), comment: "" },
              }),
            ),
          );
          if (action === "discard") show(null);
        }, () => made.review(action));
      },
      async publish() {
        const draft = current.current.draft?.draft.id;
        if (draft === undefined) return;
        await guarded(async () => {
          const body = { revision: revisionOf(draft), comment: "" };
          const { version, mlflow, reason } = await got(
            client.POST("/api/drafts/{number}/publish", { params: { path: { number: draft } }, body }),
          );
          notifications.show({ color: "teal", message: t("draft.published", { number: version }) });
          if (mlflow === "failed") notifications.show({ color: "yellow", autoClose: 9000, message: t("draft.untracked", { reason: reason ?? "" }) });
          await heard(Promise.resolve({ version }));
          show(null);
        }, () => made.publish());
      },
      async carry() {
        const draft = current.current.draft?.draft.id;
        if (draft === undefined) return;
        await guarded(async () => {
          const carried = await got(client.POST("/api/drafts/{number}/carry", { params: { path: { number: draft } } }));
          queries.setQueryData(["draft", carried.draft.draft.id, "head"], carried.draft);
          void queries.invalidateQueries({ queryKey: ["drafts"] });
          show(carried.draft.draft.id);
          setCarried(carried);
        }, () => made.carry());
      },
      open(title = "") {
        return guarded(async () => {
          const asked = client.POST("/api/drafts", { body: { version: current.current.version, title } });
          const draft = await got(asked);
          queries.setQueryData(["draft", draft.draft.id, "head"], draft);
          const runs = queries.getQueryData<Runs>(["version", current.current.version, "runs"]);
          if (runs) queries.setQueryData(["draft", draft.draft.id, "runs"], runs);
          void queries.invalidateQueries({ queryKey: ["drafts"] });
          show(draft.draft.id);
          return draft;
        }, () => made.open(title));
      },
      async editAnywhere(edit, reason) {
        const shown = current.current.draft?.draft;
        const into = shown ? shown.id : (await made.open(reason))?.draft.id;
        if (into === undefined) return null;
        const changed = await guarded(() => send(into, edit, reason), () => made.editAnywhere(edit, reason));
        return changed ? into : null;
      },
    };
    return made;
  }, [queries, setSearch, t]);

  const status = plan.draft?.draft.status;
  const isOpen = mayEdit(session) && (status === "open" || status === "rejected");
  const value = useMemo(() => ({ ...edits, isOpen, busy, reason }), [edits, isOpen, busy, reason]);
  return (
    <Context.Provider value={value}>
      {children}
      {stale && <StaleDialog stale={stale} close={() => setStale(null)} />}
      {carried && <CarriedDialog carried={carried} close={() => setCarried(null)} />}
    </Context.Provider>
  );
}
