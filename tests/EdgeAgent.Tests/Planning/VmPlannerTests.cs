using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Tests.Planning;

public sealed class VmPlannerTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly VmRun s_run = new(Guid.NewGuid(), 100, 1, "boot", 3, s_now);

    [Fact]
    public void Plan_NothingDesiredNothingKnown_DoesNothing() =>
        Assert.Equal("", Describe(VmPlanner.Plan(null, VmObservation.None, s_now)));

    [Theory]
    [InlineData(true, "Stop Remove")]
    [InlineData(false, "Remove")]
    public void Plan_NotDesired_IsStoppedAndRemoved(bool alive, string expected) =>
        Assert.Equal(expected, Describe(VmPlanner.Plan(null, Observe(Specs.Vm(), alive), s_now)));

    [Theory]
    [InlineData(false, "Fetch Start")]
    [InlineData(true, "Start")]
    public void Plan_DesiredAndUnknown_IsFetchedAndStarted(bool image, string expected) =>
        Assert.Equal(expected, Describe(VmPlanner.Plan(Specs.Vm(), VmObservation.None with { ImagePresent = image }, s_now)));

    [Fact]
    public void Plan_SameSpecificationRuns_DoesNothing() =>
        Assert.Equal("", Describe(VmPlanner.Plan(Specs.Vm(), Observe(Specs.Vm(), alive: true), s_now)));

    [Theory]
    [InlineData(false, "Fetch Stop Start")]
    [InlineData(true, "Stop Start")]
    public void Plan_OtherSpecificationRuns_IsReplacedAfterItsImageIsThere(bool image, string expected) =>
        Assert.Equal(expected, Describe(VmPlanner.Plan(Specs.Vm(revision: 2), Observe(Specs.Vm(), alive: true) with { ImagePresent = image }, s_now)));

    [Fact]
    public void Plan_ReplacementWhoseFetchFailed_LeavesTheOldOneAndWaits()
    {
        VmObservation observed = Observe(Specs.Vm(), alive: true) with { FetchNotBefore = s_now.AddSeconds(8) };

        Assert.Equal("after 8", Describe(VmPlanner.Plan(Specs.Vm(revision: 2), observed, s_now)));
    }

    [Theory]
    [InlineData(RestartPolicy.Always, null, 0, "StandIn after 0")]
    [InlineData(RestartPolicy.Always, 7, 0, "StandIn after 0")]
    [InlineData(RestartPolicy.Always, 7, 3, "Fetch within 3 Start")]
    [InlineData(RestartPolicy.OnFailure, 7, 0, "StandIn after 0")]
    [InlineData(RestartPolicy.OnFailure, 0, 0, "Fetch Start")]
    [InlineData(RestartPolicy.Never, 7, 0, "Fetch Start")]
    public void Plan_NothingRunsAndTheNextImageIsMissing_WhatRanStandsInByItsPolicyAndBackOff(RestartPolicy policy, int? code, int backOff, string expected)
    {
        VmRecord record = new()
        {
            Spec = Specs.Vm(policy: policy),
            Exit = code is int ended ? new VmExit(ended, "", s_now) : null,
            Crashes = 3,
            RetryAt = s_now.AddSeconds(backOff),
        };

        VmObservation observed = new() { Record = record, RecordImagePresent = true };
        VmPlan plan = VmPlanner.Plan(Specs.Vm(revision: 2, image: 2), observed, s_now);

        Assert.Equal(expected, Describe(plan));
        Assert.All(plan.Steps.OfType<StartVmStep>(), start => Assert.Equal(start.IsStandIn ? 1 : 2, start.Spec.Revision));
        Assert.Equal("Fetch Start", Describe(VmPlanner.Plan(Specs.Vm(revision: 2, image: 2), observed with { RecordImagePresent = false }, s_now)));
        Assert.Equal("Start", Describe(VmPlanner.Plan(Specs.Vm(revision: 2, image: 2), observed with { ImagePresent = true }, s_now)));
    }

    [Fact]
    public void Plan_StandInCannotBeStartedYetAndTheFetchFailed_LooksAgainWhenTheFirstOfBothIsDue()
    {
        VmRecord record = new() { Spec = Specs.Vm(), Crashes = 3, RetryAt = s_now.AddSeconds(3) };
        VmObservation observed = new() { Record = record, RecordImagePresent = true, FetchNotBefore = s_now.AddSeconds(40) };

        Assert.Equal("after 3", Describe(VmPlanner.Plan(Specs.Vm(revision: 2, image: 2), observed, s_now)));
        Assert.Equal("StandIn after 0", Describe(VmPlanner.Plan(Specs.Vm(revision: 2, image: 2), observed, s_now.AddSeconds(3))));
    }

    [Theory]
    [InlineData(true, 135)]
    [InlineData(false, 500)]
    public void Plan_StandInHasNoMemory_IsNotStarted(bool fits, long free)
    {
        VmSpec small = Specs.Vm(revision: 2, image: 2) with { MemoryMib = 64 };
        VmObservation observed = Observe(Specs.Vm(), alive: false) with
        {
            RecordImagePresent = true, FreeMib = free, Memory = MemoryVerdict.Fitting with { StandInFits = fits },
        };

        Assert.Equal("Fetch Start", Describe(VmPlanner.Plan(small, observed, s_now)));
    }

    [Theory]
    [InlineData("", "Start")]
    [InlineData("x86_64", "Start")]
    [InlineData("aarch64", "Refuse ImagePlatformMismatch")]
    [InlineData("riscv64", "Refuse ImagePlatformMismatch")]
    public void Plan_ImageOfAnotherArchitecture_IsRefused(string architecture, string expected)
    {
        VmSpec spec = Specs.Vm() with { Image = Specs.Vm().Image with { Architecture = architecture } };

        Assert.Equal(expected, Describe(VmPlanner.Plan(spec, VmObservation.None with { ImagePresent = true }, s_now)));
    }

    [Fact]
    public void Plan_ReplacementOfAnotherArchitecture_LeavesTheOldOneAndSaysWhy()
    {
        VmSpec spec = Specs.Vm(revision: 2) with { Image = Specs.Vm().Image with { Architecture = "x86_64" } };

        VmPlan plan = VmPlanner.Plan(spec, Observe(Specs.Vm(), alive: true) with { ImagePresent = true, Architecture = "aarch64" }, s_now);

        Assert.Equal(
            "image app:1: expected one for aarch64, which this device is, found one for x86_64",
            Assert.IsType<RefuseVmStep>(Assert.Single(plan.Steps)).Message);
    }

    [Theory]
    [InlineData(RestartPolicy.Always, 0, "after 4")]
    [InlineData(RestartPolicy.Always, 1, "after 4")]
    [InlineData(RestartPolicy.OnFailure, 0, "")]
    [InlineData(RestartPolicy.OnFailure, 1, "after 4")]
    [InlineData(RestartPolicy.OnFailure, null, "after 4")]
    [InlineData(RestartPolicy.Never, 0, "")]
    [InlineData(RestartPolicy.Never, null, "")]
    public void Plan_Ended_FollowsThePolicyAfterTheBackOff(RestartPolicy policy, int? code, string expected)
    {
        VmSpec spec = Specs.Vm(policy: policy);
        VmRecord record = new()
        {
            Spec = spec, Exit = new VmExit(code, "", s_now), Crashes = 3, RetryAt = s_now.AddSeconds(4),
        };

        Assert.Equal(expected, Describe(VmPlanner.Plan(spec, new VmObservation { Record = record, ImagePresent = true }, s_now)));
    }

    [Fact]
    public void Plan_BackOffIsOver_Starts()
    {
        VmRecord record = new() { Spec = Specs.Vm(), Exit = new VmExit(1, "", s_now), Crashes = 3, RetryAt = s_now.AddSeconds(4) };

        Assert.Equal("Start", Describe(VmPlanner.Plan(
            Specs.Vm(), new VmObservation { Record = record, ImagePresent = true }, s_now.AddSeconds(4))));
    }

    [Fact]
    public void Plan_ClockWasSetBack_DoesNotWaitForTheOldTime()
    {
        VmRecord record = new() { Spec = Specs.Vm(), Exit = new VmExit(1, "", s_now), Crashes = 3, RetryAt = s_now.AddYears(10) };

        Assert.Equal("Start", Describe(VmPlanner.Plan(Specs.Vm(), new VmObservation { Record = record, ImagePresent = true }, s_now)));
    }

    [Fact]
    public void Plan_EndedForGoodAndOtherSpecificationDesired_Starts()
    {
        VmRecord record = new() { Spec = Specs.Vm(policy: RestartPolicy.Never), Exit = new VmExit(0, "", s_now), RetryAt = s_now.AddHours(1) };

        Assert.Equal("Start", Describe(VmPlanner.Plan(
            Specs.Vm(revision: 2), new VmObservation { Record = record, ImagePresent = true }, s_now)));
    }

    [Theory]
    [InlineData(5, "after 10")]
    [InlineData(15, "Stop")]
    public void Plan_WorkloadEndedAndVmStays_IsStoppedAfterTheLimit(int seconds, string expected)
    {
        VmRecord record = new() { Spec = Specs.Vm(), Run = s_run, Exit = new VmExit(0, "", s_now) };

        Assert.Equal(expected, Describe(VmPlanner.Plan(
            Specs.Vm(), new VmObservation { Record = record, ProcessAlive = true }, s_now.AddSeconds(seconds))));
    }

    [Theory]
    [InlineData(RestartPolicy.Always, 0, VmPhase.BackOff)]
    [InlineData(RestartPolicy.OnFailure, 0, VmPhase.Completed)]
    [InlineData(RestartPolicy.OnFailure, 3, VmPhase.BackOff)]
    [InlineData(RestartPolicy.Never, 0, VmPhase.Completed)]
    [InlineData(RestartPolicy.Never, 3, VmPhase.Failed)]
    [InlineData(RestartPolicy.Never, null, VmPhase.Failed)]
    public void PhaseAfter_Exit_SaysWhetherItComesBack(RestartPolicy policy, int? code, VmPhase expected) =>
        Assert.Equal(expected, VmPlanner.PhaseAfter(policy, new VmExit(code, "", s_now)));

    [Theory]
    [InlineData(false, false, "Remark OverBudget")]
    [InlineData(true, false, "Stop Remark OverBudget")]
    [InlineData(true, true, "Remark OverBudget")]
    public void Plan_DoesNotHaveItsMemory_IsNotStartedAndStoppedUnlessItMayGoOn(bool alive, bool keeps, string expected)
    {
        VmObservation observed = Observe(Specs.Vm(), alive) with { ImagePresent = true, Memory = new MemoryVerdict(false, keeps, "needs more") };

        Assert.Equal(expected, Describe(VmPlanner.Plan(Specs.Vm(revision: keeps ? 2 : 1), observed, s_now)));
    }

    [Fact]
    public void Plan_ReplacementTakesNoMoreThanWhatRuns_WaitsForNobody() => Assert.Equal(
        "Stop Start", Describe(VmPlanner.Plan(Specs.Vm(revision: 2), Observe(Specs.Vm(), alive: true) with { ImagePresent = true, FreeMib = 0 }, s_now)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_MemoryIsStillHeldByOthers_WaitsForIt(bool alive)
    {
        VmObservation observed = Observe(Specs.Vm(), alive) with { ImagePresent = true, FreeMib = 135 };

        VmPlan plan = VmPlanner.Plan(Specs.Vm(revision: 2) with { MemoryMib = 192 }, observed, s_now);

        Assert.Equal("Remark WaitsForMemory after 10", Describe(plan));
        Assert.Equal(
            "needs 200 MiB, of which 135 MiB are free until others have ended",
            Assert.IsType<RemarkVmStep>(Assert.Single(plan.Steps)).Remark.Message);
    }

    [Fact]
    public void Plan_StopWasBegunByTheAgentBefore_IsBroughtToItsEndAndPlannedAnew()
    {
        VmRecord record = new() { Spec = Specs.Vm(), Run = s_run, Phase = VmPhase.Stopping };

        Assert.Equal("Stop after 0", Describe(VmPlanner.Plan(Specs.Vm(), new VmObservation { Record = record, ProcessAlive = true, ImagePresent = true }, s_now)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Plan_HoldsMemoryThatAnotherWaitsFor_IsStoppedWithTheReasonAndStartedAgain(int revision)
    {
        VmObservation observed = Observe(Specs.Vm(), alive: true) with { ImagePresent = true, Reclaim = "held 92 MiB" };

        VmPlan plan = VmPlanner.Plan(Specs.Vm(revision: revision), observed, s_now);

        Assert.Equal("Remark MemoryReclaimed Stop after 0", Describe(plan));
        Assert.Equal("held 92 MiB", plan.Steps.OfType<RemarkVmStep>().Single().Remark.Message);
        Assert.Equal("Start", Describe(VmPlanner.Plan(
            Specs.Vm(revision: revision), observed with { ProcessAlive = false, Record = VmRunEnd.Stopped(observed.Record!) }, s_now)));
    }

    [Fact]
    public void Plan_RunsAndOthersHoldTooMuch_GoesOn() =>
        Assert.Equal("", Describe(VmPlanner.Plan(Specs.Vm(), Observe(Specs.Vm(), alive: true) with { FreeMib = 0 }, s_now)));

    private static VmObservation Observe(VmSpec spec, bool alive) =>
        new() { Record = new VmRecord { Spec = spec, Run = alive ? s_run : null }, ProcessAlive = alive };

    private static string Describe(VmPlan plan)
    {
        IEnumerable<string> steps = plan.Steps.Select(step => step switch
        {
            FetchImageStep { GiveWayAfter: TimeSpan limit } => $"Fetch within {limit.TotalSeconds}",
            FetchImageStep => "Fetch",
            StartVmStep { IsStandIn: true } => "StandIn",
            StartVmStep => "Start",
            StopVmStep => "Stop",
            RemoveVmStep => "Remove",
            RemarkVmStep remark => $"Remark {remark.Remark.Reason}",
            RefuseVmStep refuse => $"Refuse {refuse.Reason}",
            _ => step.ToString(),
        });
        return string.Join(' ', plan.LookAgainAfter is TimeSpan delay ? steps.Append($"after {delay.TotalSeconds}") : steps);
    }
}
