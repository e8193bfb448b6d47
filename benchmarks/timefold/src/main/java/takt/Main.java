package takt;

import ai.timefold.solver.core.api.solver.SolverFactory;
import ai.timefold.solver.core.config.solver.SolverConfig;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads an instance, solves it for so many seconds, writes each job's line and minutes.
 *
 * <p>The open source edition solves on one thread, so each worker runs a solver with its own seed, and
 * the best plan is kept. Construction and local search are the solver's defaults. Jobs for which
 * construction had no time go last, each to the line that ends it first.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        ObjectMapper json = new ObjectMapper();
        Instance instance = json.readValue(new File(arguments[0]), Instance.class);
        long milliseconds = Math.round(1000 * Double.parseDouble(arguments[2]));
        int workers = Integer.parseInt(arguments[3]);
        ExecutorService threads = Executors.newFixedThreadPool(workers);
        List<Callable<Plan>> tasks = new ArrayList<>();
        for (int seed = 0; seed < workers; seed++) {
            long own = seed;
            tasks.add(() -> solve(instance, milliseconds, own));
        }
        List<Plan> plans = new ArrayList<>();
        for (Future<Plan> future : threads.invokeAll(tasks)) {
            plans.add(future.get());
        }
        threads.shutdown();
        Plan best = plans.stream().max(Comparator.comparing(Plan::getScore)).orElseThrow();
        int appended = append(best);
        List<int[]> runs = new ArrayList<>();
        for (Job job : best.getJobs()) {
            Line line = job.getLine();
            int begin = line.begins(job.getEnd(), job.minutesOn(line));
            runs.add(new int[] {line.getId(), begin, line.after(job.getEnd())});
        }
        json.writeValue(
                new File(arguments[1]),
                Map.of(
                        "runs", runs,
                        "appended", appended,
                        "misplaced", -best.getScore().hardScore(),
                        "money", -best.getScore().softScore() / 1000.0));
    }

    /** How many jobs were on no line and have been put at the end of one. */
    private static int append(Plan plan) {
        List<Job> last = new ArrayList<>();
        for (Line line : plan.getLines()) {
            List<Job> jobs = line.getJobs();
            last.add(jobs.isEmpty() ? null : jobs.get(jobs.size() - 1));
        }
        int appended = 0;
        for (Job job : plan.getJobs()) {
            if (job.getLine() != null) {
                continue;
            }
            Line chosen = null;
            int chosenEnd = 0;
            for (Line line : plan.getLines()) {
                if (job.minutesOn(line) < 0) {
                    continue;
                }
                Job before = last.get(line.getId());
                int end = job.endAfter(line, before, before == null ? 0 : before.getEnd());
                if (chosen == null || line.after(end) < chosen.after(chosenEnd)) {
                    chosen = line;
                    chosenEnd = end;
                }
            }
            job.put(chosen, chosenEnd);
            last.set(chosen.getId(), job);
            appended++;
        }
        return appended;
    }

    private static Plan solve(Instance instance, long milliseconds, long seed) {
        SolverConfig config =
                new SolverConfig()
                        .withSolutionClass(Plan.class)
                        .withEntityClasses(Line.class, Job.class)
                        .withConstraintProviderClass(Money.class)
                        .withRandomSeed(seed)
                        .withTerminationSpentLimit(Duration.ofMillis(milliseconds));
        return SolverFactory.<Plan>create(config).buildSolver().solve(new Plan(instance));
    }
}
