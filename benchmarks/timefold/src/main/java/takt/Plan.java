package takt;

import ai.timefold.solver.core.api.domain.solution.PlanningEntityCollectionProperty;
import ai.timefold.solver.core.api.domain.solution.PlanningScore;
import ai.timefold.solver.core.api.domain.solution.PlanningSolution;
import ai.timefold.solver.core.api.score.buildin.hardsoftlong.HardSoftLongScore;
import java.util.ArrayList;
import java.util.List;

/** All lines and all jobs. */
@PlanningSolution
public class Plan {
    @PlanningEntityCollectionProperty private List<Line> lines = new ArrayList<>();
    @PlanningEntityCollectionProperty private List<Job> jobs = new ArrayList<>();
    @PlanningScore private HardSoftLongScore score;

    public Plan() {}

    public Plan(Instance instance) {
        for (int id = 0; id < instance.jobs().size(); id++) {
            jobs.add(new Job(id, instance.jobs().get(id)));
        }
        for (Job job : jobs) {
            for (int part : instance.jobs().get(job.getId()).parts()) {
                job.getParts().add(jobs.get(part));
            }
        }
        for (int id = 0; id < instance.lines().size(); id++) {
            Line line = new Line(id, instance);
            for (Job job : jobs) {
                if (instance.jobs().get(job.getId()).minutes()[id] >= 0) {
                    line.getAble().add(job);
                }
            }
            lines.add(line);
        }
    }

    public List<Line> getLines() {
        return lines;
    }

    public List<Job> getJobs() {
        return jobs;
    }

    public HardSoftLongScore getScore() {
        return score;
    }
}
