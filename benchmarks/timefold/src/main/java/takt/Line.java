package takt;

import ai.timefold.solver.core.api.domain.entity.PlanningEntity;
import ai.timefold.solver.core.api.domain.lookup.PlanningId;
import ai.timefold.solver.core.api.domain.valuerange.ValueRangeProvider;
import ai.timefold.solver.core.api.domain.variable.PlanningListVariable;
import java.util.ArrayList;
import java.util.List;

/** A line with the jobs that it makes, in their order, and its calendar. */
@PlanningEntity
public class Line {
    @PlanningId private int id;
    private Instance.LineRow row;
    private int[][] setupMinutes;
    private double[][] setupMoney;

    /** Shift minutes, and overtime ones among them, before each minute; the minute of each shift minute. */
    private int[] worked;

    private int[] overtime;
    private int[] minute;

    @ValueRangeProvider(id = "able")
    private List<Job> able = new ArrayList<>();

    @PlanningListVariable(valueRangeProviderRefs = "able")
    private List<Job> jobs = new ArrayList<>();

    public Line() {}

    public Line(int id, Instance instance) {
        this.id = id;
        row = instance.lines().get(id);
        setupMinutes = instance.setupMinutes()[row.table()];
        setupMoney = instance.setupMoney()[row.table()];
        int horizon = instance.horizon();
        worked = new int[horizon + 1];
        overtime = new int[horizon + 1];
        int[] at = new int[horizon];
        boolean[] open = new boolean[horizon];
        boolean[] extra = new boolean[horizon];
        for (int[] shift : row.shifts()) {
            for (int m = shift[0]; m < Math.min(shift[1], horizon); m++) {
                open[m] = true;
                extra[m] = shift[2] == 1;
            }
        }
        for (int m = 0; m < horizon; m++) {
            if (open[m]) {
                at[worked[m]] = m;
            }
            worked[m + 1] = worked[m] + (open[m] ? 1 : 0);
            overtime[m + 1] = overtime[m] + (extra[m] ? 1 : 0);
        }
        minute = java.util.Arrays.copyOf(at, worked[horizon]);
    }

    /** Shift minutes before a minute. */
    int workedBefore(int at) {
        return at < worked.length ? worked[at] : minute.length + at - (worked.length - 1);
    }

    /** The minute after the one that completes so many shift minutes; past the horizon all are manned. */
    int after(int shiftMinutes) {
        if (shiftMinutes <= 0) {
            return 0;
        }
        return shiftMinutes <= minute.length
                ? minute[shiftMinutes - 1] + 1
                : worked.length - 1 + shiftMinutes - minute.length;
    }

    /** The minute in which the work begins that ends after so many shift minutes. */
    int begins(int endShiftMinutes, int minutes) {
        int from = endShiftMinutes - minutes;
        return from < minute.length ? minute[from] : worked.length - 1 + from - minute.length;
    }

    /** Money of making something in the shift minutes [from, to). */
    double runMoney(int from, int to) {
        int last = Math.min(after(to), overtime.length - 1);
        int first = from < minute.length ? minute[from] : overtime.length - 1;
        int extra = Math.max(0, overtime[last] - overtime[Math.min(first, last)]);
        return (to - from) * row.runMoney() + extra * row.overtimeMoney();
    }

    int setup(Job before, Job job) {
        int old = before == null ? row.initial() : before.family();
        return old < 0 ? 0 : setupMinutes[old][job.family()];
    }

    double setupMoney(Job before, Job job) {
        int old = before == null ? row.initial() : before.family();
        return old < 0 ? 0 : setupMoney[old][job.family()];
    }

    public int getId() {
        return id;
    }

    public List<Job> getAble() {
        return able;
    }

    public List<Job> getJobs() {
        return jobs;
    }

    public void setJobs(List<Job> jobs) {
        this.jobs = jobs;
    }
}
