package takt;

import ai.timefold.solver.core.api.score.buildin.hardsoftlong.HardSoftLongScore;
import ai.timefold.solver.core.api.score.stream.Constraint;
import ai.timefold.solver.core.api.score.stream.ConstraintFactory;
import ai.timefold.solver.core.api.score.stream.ConstraintProvider;

/** A line has to be able to make its jobs; the rest is money. */
public class Money implements ConstraintProvider {
    @Override
    public Constraint[] defineConstraints(ConstraintFactory factory) {
        return new Constraint[] {
            factory.forEach(Job.class)
                    .filter(Job::isMisplaced)
                    .penalize(HardSoftLongScore.ONE_HARD)
                    .asConstraint("a line makes what it can"),
            factory.forEachUnfiltered(Job.class)
                    .filter(Job::isCircular)
                    .penalize(HardSoftLongScore.ONE_HARD)
                    .asConstraint("no jobs wait for each other"),
            factory.forEach(Job.class)
                    .penalizeLong(HardSoftLongScore.ONE_SOFT, Job::tardinessMoney)
                    .asConstraint("tardiness"),
            factory.forEach(Job.class)
                    .penalizeLong(HardSoftLongScore.ONE_SOFT, Job::holdingMoney)
                    .asConstraint("holding"),
            factory.forEach(Job.class)
                    .penalizeLong(HardSoftLongScore.ONE_SOFT, Job::productionMoney)
                    .asConstraint("production"),
            factory.forEach(Job.class)
                    .penalizeLong(HardSoftLongScore.ONE_SOFT, Job::changeoverMoney)
                    .asConstraint("changeover"),
        };
    }
}
