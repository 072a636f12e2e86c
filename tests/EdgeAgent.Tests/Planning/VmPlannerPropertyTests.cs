using CsCheck;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Tests.Planning;

/// <summary>What holds for any desired specification and anything that may be so.</summary>
public sealed class VmPlannerPropertyTests
{
    private const int Rounds = 12;
    private const int Iterations = 2_000;

    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 2, 0, TimeSpan.Zero);

    private static readonly Gen<VmSpec> s_spec = Gen.Select(Gen.Int[1, 2], Gen.Enum<RestartPolicy>(), OneOf("", "*/5 * * * *", "never"), OneOf("", "x86_64", "aarch64"))
        .Select((revision, policy, schedule, architecture) => Specs.Vm(revision: revision, policy: policy) with
        {
            Kind = schedule.Length > 0 ? WorkloadKind.Job : WorkloadKind.Service,
            Schedule = schedule,
            Image = Specs.Vm().Image with { Architecture = architecture },
        });

    private static readonly Gen<DateTimeOffset?> s_moment = Gen.OneOf(
        Gen.Const((DateTimeOffset?)null),
        Gen.Int[-1_000_000, 1_000_000].Select(static seconds => (DateTimeOffset?)s_now.AddSeconds(seconds)),
        // What a clock leaves that was wrong by decades.
        OneOf(1970, 2099).Select(static year => (DateTimeOffset?)new DateTimeOffset(year, 3, 1, 0, 0, 0, TimeSpan.Zero)));

    private static readonly Gen<VmExit?> s_exit = Gen.OneOf(
        Gen.Const((VmExit?)null), Gen.Select(Gen.Int[-1, 2], Gen.Bool).Select(
            static (code, judged) => (VmExit?)new VmExit(code < 0 ? null : code, "", s_now.AddSeconds(-3), JudgedBy: code < 0 && judged ? "1" : "")));

    private static readonly Gen<VmRecord?> s_record = Gen.Select(Gen.Bool, s_spec, s_exit, Gen.Int[0, 12], s_moment, s_moment)
        .Select((known, spec, exit, crashes, retry, due) => known
            ? new VmRecord { Spec = spec, Exit = exit, Crashes = crashes, RetryAt = retry, DueAt = due, Phase = VmPhase.Running }
            : null);

    private static readonly Gen<VmObservation> s_observed = Gen.Select(s_record, Gen.Bool, Gen.Int[0, 7], s_moment, Gen.Bool, Gen.Bool)
        .Select((record, alive, flags, fetch, fits, free) => new VmObservation
        {
            Record = alive && record is not null ? record with { Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_now) } : record,
            ProcessAlive = alive && record is not null,
            ImagePresent = (flags & 1) > 0,
            RecordImagePresent = (flags & 2) > 0,
            Reclaim = (flags & 4) > 0 ? "holds too much" : null,
            FetchNotBefore = fetch,
            Memory = fits ? MemoryVerdict.Fitting : new MemoryVerdict(false, false, "no"),
            FreeMib = free ? long.MaxValue : 0,
        });

    private static readonly Gen<(VmSpec? Desired, VmObservation Observed)> s_world =
        Gen.Select(Gen.OneOf(Gen.Const((VmSpec?)null), s_spec.Select(spec => (VmSpec?)spec)), s_observed);

    [Fact]
    public void Plan_AnyWorld_ComesToRestInFewRounds() => s_world.Sample((desired, observed) =>
    {
        PlannedWorld world = new(desired, observed, s_now);

        Assert.True(world.Settle(Rounds), $"after {string.Join(", ", world.Done)}");
        if (desired is null)
        {
            Assert.Null(world.Observed.Record);
        }
    }, iter: Iterations);

    [Fact]
    public void Plan_StepsFailAtFirst_ComesToRestAllTheSame() => Gen.Select(s_world, Gen.Int[1, 8]).Sample((world, failures) =>
    {
        PlannedWorld planned = new(world.Desired, world.Observed, s_now);

        // A failure costs the plan that it ends, and the one that waits.
        Assert.True(planned.Settle(Rounds + (2 * failures), failures), $"after {string.Join(", ", planned.Done)}");
        Assert.False(world.Desired is null && planned.Observed.Record is not null);
    }, iter: Iterations);

    [Fact]
    public void Plan_ClockWasWrong_NothingWaitsLongerThanItsBackOff() => s_world.Sample((desired, observed) =>
    {
        VmPlan plan = VmPlanner.Plan(desired, observed, s_now);

        Assert.False(plan.LookAgainAfter > BackOff.Longest, $"waits {plan.LookAgainAfter}");
    }, iter: Iterations);

    [Fact]
    public void Plan_WorldAtRest_IsLeftAlone() => s_world.Sample((desired, observed) =>
    {
        PlannedWorld world = new(desired, observed, s_now);
        world.Settle(Rounds);
        int done = world.Done.Count;

        world.Settle(1);

        Assert.All(world.Done.Skip(done), step => Assert.True(step is RefuseVmStep or RemarkVmStep, $"{step}"));
    }, iter: Iterations);

    [Fact]
    public void Plan_SameWorldTwice_IsTheSamePlan() => s_world.Sample((desired, observed) =>
    {
        VmPlan first = VmPlanner.Plan(desired, observed, s_now), second = VmPlanner.Plan(desired, observed, s_now);
        Assert.Equal(first.Steps, second.Steps);
        Assert.Equal(first.LookAgainAfter, second.LookAgainAfter);
    }, iter: Iterations);

    [Fact]
    public void Plan_RunsAsDesiredAndHasItsMemory_IsNeverStopped() => Gen.Select(s_spec, s_observed, s_moment).Sample((desired, observed, moment) =>
    {
        VmObservation running = observed with
        {
            Record = new VmRecord { Spec = desired, Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_now), DueAt = moment, RetryAt = moment },
            ProcessAlive = true,
            Memory = MemoryVerdict.Fitting,
            Reclaim = null,
        };

        Assert.DoesNotContain(VmPlanner.Plan(desired, running, moment ?? s_now).Steps, step => step is StopVmStep or StartVmStep or RemoveVmStep);
    }, iter: Iterations);

    [Fact]
    public void Plan_NothingRuns_NothingIsStoppedAndAtMostOneIsStarted() => s_world.Sample((desired, observed) =>
    {
        VmPlan plan = VmPlanner.Plan(desired, observed with { ProcessAlive = false }, s_now);

        Assert.DoesNotContain(plan.Steps, step => step is StopVmStep);
        Assert.InRange(plan.Steps.Count(step => step is StartVmStep), 0, 1);
    }, iter: Iterations);

    [Fact]
    public void Plan_NextImageIsMissingAndWhatRanIsThere_ThatRunsAfterNoMoreThanItsBackOff() =>
        Gen.Select(s_spec, s_record, s_moment, Gen.Bool).Sample((desired, record, fetch, fits) =>
        {
            VmSpec next = desired with { Schedule = "", Image = desired.Image with { Architecture = "" } };
            if (record is null || !VmPlanner.MayStandIn(next, record))
            {
                return;
            }

            VmObservation observed = new()
            {
                Record = record, RecordImagePresent = true, FetchNotBefore = fetch, FreeMib = fits ? long.MaxValue : MemoryDemand.CostOf(record.Spec),
            };
            VmPlan plan = VmPlanner.Plan(next, observed, s_now);

            if (plan.Steps is [StartVmStep only])
            {
                Assert.Equal((record.SpecDigest, true), (only.Spec.ContentDigest(), only.IsStandIn));
                return;
            }

            TimeSpan? limit = plan.Steps is [FetchImageStep first, ..] ? first.GiveWayAfter : plan.LookAgainAfter;
            Assert.InRange(limit!.Value, TimeSpan.Zero, BackOff.Bound(record.Crashes));
        }, iter: Iterations);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
