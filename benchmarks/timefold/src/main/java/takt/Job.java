package takt;

import ai.timefold.solver.core.api.domain.entity.PlanningEntity;
import ai.timefold.solver.core.api.domain.lookup.PlanningId;
import ai.timefold.solver.core.api.domain.variable.InverseRelationShadowVariable;
import ai.timefold.solver.core.api.domain.variable.PreviousElementShadowVariable;
import ai.timefold.solver.core.api.domain.variable.ShadowSources;
import ai.timefold.solver.core.api.domain.variable.ShadowVariable;
import ai.timefold.solver.core.api.domain.variable.ShadowVariablesInconsistent;
import java.util.ArrayList;
import java.util.List;

/** One lot: where it is made, after which other lot, and when it ends follow from the lines' lists. */
@PlanningEntity
public class Job {
    @PlanningId private int id;
    private Instance.JobRow row;

    @InverseRelationShadowVariable(sourceVariableName = "jobs")
    private Line line;

    @PreviousElementShadowVariable(sourceVariableName = "jobs")
    private Job previous;

    /** The jobs that have to end before this one begins. */
    private List<Job> parts = new ArrayList<>();

    /** Whether the lists make jobs wait for each other in a circle. */
    @ShadowVariablesInconsistent private Boolean circular;

    /** The end, in shift minutes of the line. */
    @ShadowVariable(supplierName = "endSupplier")
    private Integer end;

    public Job() {}

    public Job(int id, Instance.JobRow row) {
        this.id = id;
        this.row = row;
    }

    @ShadowSources({"line", "previous.end", "parts[].end", "parts[].line"})
    public Integer endSupplier() {
        if (line == null || previous != null && previous.end == null) {
            return null;
        }
        return endAfter(line, previous, previous == null ? 0 : previous.end);
    }

    /** The end on a line, in its shift minutes, after a job (or none) that ends there at `free`. */
    int endAfter(Line line, Job before, int free) {
        int ready = free + line.setup(before, this);
        int release = row.release();
        for (Job part : parts) {
            if (part.end != null && part.line != null) {
                release = Math.max(release, part.line.after(part.end));
            }
        }
        return Math.max(ready, line.workedBefore(release)) + minutesOn(line);
    }

    void put(Line line, int end) {
        this.line = line;
        this.end = end;
    }

    boolean isCircular() {
        return Boolean.TRUE.equals(circular);
    }

    /** Shift minutes on a line, -1 where it cannot. */
    int minutesOn(Line line) {
        return row.minutes()[line.getId()];
    }

    private int minutes() {
        return minutesOn(line);
    }

    boolean isMisplaced() {
        return minutes() < 0;
    }

    long tardinessMoney() {
        int at = line.after(end);
        double money = 0;
        for (double[] order : row.tardy()) {
            money += Math.max(0, at - order[0]) * order[1];
        }
        return Math.round(money);
    }

    long holdingMoney() {
        return row.tardy().length == 0
                ? 0
                : Math.round(Math.max(0, row.tardy()[0][0] - line.after(end)) * row.held());
    }

    long productionMoney() {
        return Math.round(line.runMoney(end - minutes(), end));
    }

    long changeoverMoney() {
        return Math.round(line.setupMoney(previous, this));
    }

    int family() {
        return row.family();
    }

    public int getId() {
        return id;
    }

    public List<Job> getParts() {
        return parts;
    }

    public Line getLine() {
        return line;
    }

    public Job getPrevious() {
        return previous;
    }

    public Integer getEnd() {
        return end;
    }
}
