package takt;

import java.util.List;

/**
 * What is read: lines with their shifts, lots with their ways of being made, setups by table.
 *
 * <p>Minutes count from the horizon's start; money is in thousandths of the plant's currency.
 */
public record Instance(
        int horizon,
        List<LineRow> lines,
        List<JobRow> jobs,
        int[][][] setupMinutes,
        double[][][] setupMoney) {

    /** shifts: [start, end, overtime 0 or 1]; money per minute; initial: the family set up, or -1. */
    public record LineRow(
            int[][] shifts, int table, int initial, double runMoney, double overtimeMoney) {}

    /**
     * minutes: per line, -1 where it cannot; parts: jobs that have to end before it; tardy: [due, money per minute late] of each order served;
     * held: money per minute between the end and the first due minute.
     */
    public record JobRow(
            int family, int release, int[] minutes, int[] parts, double[][] tardy, double held) {}
}
