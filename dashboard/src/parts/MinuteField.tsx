import { TextInput } from "@mantine/core";

import { instantOf, minuteOf, toField } from "../words/format";

interface Props {
  label: string;
  startsAt: string;
  minute: number;
  onChange: (minute: number) => void;
  disabled?: boolean;
}

/** A plan's minute as day and time. */
export function MinuteField({ label, startsAt, minute, onChange, disabled }: Props) {
  return (
    <TextInput type="datetime-local" size="xs" style={{ flex: 1 }} label={label} disabled={disabled} value={toField(instantOf(startsAt, minute))}
      onChange={(event) => {
        const given = new Date(event.currentTarget.value);
        if (!Number.isNaN(given.getTime())) onChange(Math.max(0, minuteOf(startsAt, given)));
      }} />
  );
}
