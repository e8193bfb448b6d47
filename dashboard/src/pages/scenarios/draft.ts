import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { client, got } from "../../api/client";

/** Opens a draft of a job's plan, and shows it. */
export function useDraftOf(job: string) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (plan: number) => got(client.POST("/api/jobs/{id}/draft", { params: { path: { id: job }, query: { plan } } })),
    onSuccess: (changed) => navigate(`/schedule?draft=${changed.draft.draft.id}`),
  });
}
