import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";

import { useWords } from "../words";
import { draftsQuery, versionsQuery } from "./queries";

const ENDED = new Set(["published", "discarded"]);

/** Chooses the plan that is shown: the published one, an older version, a draft that goes on. */
export function PlanPicker() {
  const { t } = useWords();
  const [search, setSearch] = useSearchParams();
  const versions = useQuery(versionsQuery).data?.versions ?? [];
  const drafts = (useQuery(draftsQuery).data ?? []).filter((one) => !ENDED.has(one.status));
  const published = versions.find((one) => one.version.status === "published")?.version.number;
  const draft = search.get("draft");
  const value = draft ? `draft:${draft}` : `version:${search.get("version") ?? published ?? ""}`;
  const shown = drafts.some((one) => String(one.id) === draft) || !draft ? [] : [{ value, label: t("plan.draft", { number: draft }) }];
  const data = [
    {
      group: t("plan.groupDrafts"),
      items: [...shown, ...drafts.map((one) => ({ value: `draft:${one.id}`, label: draftLabel(one) }))],
    },
    {
      group: t("plan.groupVersions"),
      items: versions.map(({ version: { number } }) => ({
        value: `version:${number}`,
        label: number === published ? t("plan.published", { number }) : t("plan.version", { number }),
      })),
    },
  ];
  function draftLabel(one: (typeof drafts)[number]): string {
    const name = t("plan.draftOf", { number: one.id, version: one.version });
    return `${name} · ${one.author} · ${t(`status.${one.status}`)}`;
  }
  function choose(chosen: string | null): void {
    const [kind, number] = (chosen ?? "").split(":");
    setSearch((before) => {
      const next = new URLSearchParams(before);
      next.delete("draft");
      next.delete("version");
      if (kind === "draft") next.set("draft", number ?? "");
      else if (Number(number) !== published) next.set("version", number ?? "");
      return next;
    });
  }
  return (
    <Select size="xs" w={290} aria-label={t("plan.shown")} data={data} value={value} onChange={choose}
      allowDeselect={false} maxDropdownHeight={420} data-testid="plan" />
  );
}
