import { TextInput } from "@mantine/core";

import { fromField, toField } from "../words/format";

interface Props {
  label: string;
  startsAt: string;
  minute: number;
  onChange: (minute: number) => void;
  disabled?: boolean;
}

/** A plan's minute as day and time of the plant. */
export function MinuteField({ label, startsAt, minute, onChange, disabled }: Props) {
  return (
    <TextInput type="datetime-local" size="xs" style={{ flex: "1 1 150px", maxWidth: 230 }} label={label} disabled={disabled} value={toField(startsAt, minute)}
      onChange={(event) => {
        const given = fromField(startsAt, event.currentTarget.value);
        if (given !== null) onChange(Math.max(0, given));
      }} />
  );
}
