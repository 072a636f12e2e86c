using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Grains.Rollouts;

namespace MicroVm.ControlPlane.Tests.Rollouts;

public sealed class RolloutDecisionsTests
{
    private static readonly DateTimeOffset s_begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly RolloutStrategy s_strategy = new()
    {
        Canary = new CanaryRule(new Amount(1, false), null),
        Waves = [new Amount(50, true)],
        MaxUnavailable = new Amount(5, false),
        SoakSeconds = 10,
        Gate = new HealthGate(5),
        OfflineDeadlineSeconds = 60,
        ProgressDeadlineSeconds = 120,
    };

    [Fact]
    public void Waves_OfAGoodRevision_GrowOneAfterTheOther()
    {
        SimulatedFleet fleet = Fleet(20);
        List<int> seen = [];

        for (int i = 0; i < 1000 && !fleet.IsOver; i++)
        {
            fleet.Run(1);
            if (fleet.State.Phase == RolloutPhase.Soaking && (seen.Count == 0 || seen[^1] != fleet.Counts.Healthy))
            {
                seen.Add(fleet.Counts.Healthy);
            }
        }

        Assert.Equal([1, 10, 20], seen);
        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
    }

    [Fact]
    public void BadCanary_IsTakenBackAndNobodyElseSeesIt()
    {
        SimulatedFleet fleet = Fleet(20, good: false);

        fleet.Run(1000);

        Assert.Equal(RolloutPhase.RolledBack, fleet.State.Phase);
        string canary = Assert.Single(fleet.Told, told => told.Revision == 2).Device;
        Assert.Equal($"1 of 20 devices failed (the limit is 1): {canary}: bad image", fleet.State.Reason);
        Assert.Equal((canary, 1), (fleet.Told[^1].Device, fleet.Told[^1].Revision));
    }

    [Fact]
    public void BadCanary_OfTheFirstRevision_PausesBecauseThereIsNoOther()
    {
        SimulatedFleet fleet = Fleet(5, good: false, assigned: 0, fallback: 0);

        fleet.Run(1000);

        Assert.True(fleet.State.IsPaused);
        Assert.EndsWith("; there is no good revision to go back to", fleet.State.Reason);
        Assert.Single(fleet.Told);
    }

    [Fact]
    public void BadCanary_WithPauseOnFailure_StaysWhereItIs()
    {
        SimulatedFleet fleet = Fleet(5, good: false);
        fleet.Strategy = s_strategy with { OnFailure = FailureAction.Pause };

        fleet.Run(1000);

        Assert.True(fleet.State.IsPaused);
        Assert.Single(fleet.Members, member => member.Assigned == 2);
    }

    [Fact]
    public void Resume_AfterAFailureThatIsMended_GoesOn()
    {
        SimulatedFleet fleet = Fleet(5, good: false);
        fleet.Strategy = s_strategy with { OnFailure = FailureAction.Pause };
        fleet.Run(1000);
        foreach (SimulatedFleet.Member member in fleet.Members)
        {
            (member.IsGood, member.HasFailed) = (_ => true, false);
        }

        fleet.Apply(RolloutVerb.Resume);
        fleet.Run(1000);

        Assert.Equal((RolloutPhase.Complete, ""), (fleet.State.Phase, fleet.State.Reason));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Restarts_OverTheGate_AreAFailure(int most, bool fails)
    {
        SimulatedFleet fleet = Fleet(3);
        fleet.Strategy = s_strategy with { Gate = new HealthGate(5, most) };
        fleet.Run(5);
        SimulatedFleet.Member canary = fleet.Members.Single(member => member.Assigned == 2);

        canary.Restarts = 2;
        fleet.Run(1000);

        Assert.Equal(fails ? RolloutPhase.RolledBack : RolloutPhase.Complete, fleet.State.Phase);
    }

    [Fact]
    public void Device_ThatNeverBecomesReady_FailsAfterItsDeadline()
    {
        SimulatedFleet fleet = Fleet(3);
        foreach (SimulatedFleet.Member member in fleet.Members)
        {
            member.Seconds = int.MaxValue / 2;
        }

        fleet.Run(1000);

        Assert.Equal(RolloutPhase.RolledBack, fleet.State.Phase);
        Assert.Contains("it was not ready within 120 s", fleet.State.Reason);
        Assert.InRange(fleet.Now - s_begin, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(125));
    }

    [Fact]
    public void Device_ThatGoesAway_IsReplacedInItsWaveAndToldWhatIsThenCurrent()
    {
        SimulatedFleet fleet = Fleet(20);
        fleet.Run(1);
        SimulatedFleet.Member canary = fleet.Members.Single(member => member.Assigned == 2);
        canary.Online = false;

        fleet.Run(1000);
        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
        Assert.InRange(fleet.Members.Count(member => member.Reported == 2), 19, 19);

        canary.Online = true;
        fleet.Run(20, () => false);
        Assert.Equal(2, canary.Reported);
    }

    [Fact]
    public void Devices_ThatAreAway_DoNotHoldARolloutAndGetItWhenTheyCome()
    {
        SimulatedFleet fleet = Fleet(10);
        foreach (SimulatedFleet.Member member in fleet.Members.Take(7))
        {
            member.Online = false;
        }

        fleet.Run(1000);
        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
        Assert.Equal(3, fleet.Members.Count(member => member.Assigned == 2));

        foreach (SimulatedFleet.Member member in fleet.Members)
        {
            member.Online = true;
        }

        fleet.Run(60, () => false);
        Assert.All(fleet.Members, member => Assert.Equal(2, member.Reported));
    }

    [Fact]
    public void Device_ThatComesAfterARollback_GetsTheGoodRevision()
    {
        SimulatedFleet fleet = Fleet(5, good: false);
        fleet.Run(1000);

        SimulatedFleet.Member late = fleet.Add("late", assigned: 0);
        fleet.Run(1, () => false);

        Assert.Equal(1, late.Assigned);
    }

    [Fact]
    public void Device_ThatJoinsInTheMiddle_RunsTheGoodRevisionUntilItsWave()
    {
        SimulatedFleet fleet = Fleet(20);
        fleet.Run(12);
        Assert.Equal((RolloutPhase.Soaking, 0), (fleet.State.Phase, fleet.State.Wave));

        SimulatedFleet.Member late = fleet.Add("late", assigned: 0);
        fleet.Run(1, () => false);
        Assert.Equal(1, late.Assigned);
        fleet.Run(1000);

        Assert.Equal(2, late.Assigned);
    }

    [Fact]
    public void Fleet_WithoutDevices_WaitsForTheFirstOneAsItsCanary()
    {
        SimulatedFleet fleet = Fleet(0);
        fleet.Run(100);
        Assert.Equal((RolloutPhase.Progressing, 0), (fleet.State.Phase, fleet.State.Wave));

        fleet.Add("first", assigned: 0);
        fleet.Run(1000);

        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
    }

    [Fact]
    public void NamedCanaries_AreFirst_UnlessTheyAreAway()
    {
        SimulatedFleet fleet = Fleet(10);
        fleet.Strategy = s_strategy with { Canary = new CanaryRule(null, Kit.Samples.Selector(("ring", "canary"))) };
        (fleet["edge-3"].IsCanary, fleet["edge-7"].IsCanary) = (true, true);
        fleet.Run(2);
        Assert.Equal(["edge-3", "edge-7"], fleet.Told.Select(told => told.Device).Order());

        SimulatedFleet away = Fleet(10);
        away.Strategy = fleet.Strategy;
        (away["edge-3"].IsCanary, away["edge-3"].Online) = (true, false);
        away.Run(59);
        Assert.Empty(away.Told);
        away.Run(5);
        Assert.Single(away.Told);
    }

    [Fact]
    public void Approval_BetweenWaves_IsWaitedFor()
    {
        SimulatedFleet fleet = Fleet(10);
        fleet.Strategy = s_strategy with { ManualApproval = true };
        fleet.Run(500);
        Assert.Equal((RolloutPhase.AwaitingApproval, 0, 1), (fleet.State.Phase, fleet.State.Wave, fleet.Counts.Healthy));

        fleet.Apply(RolloutVerb.Approve);
        fleet.Run(500);
        Assert.Equal((RolloutPhase.AwaitingApproval, 1, 5), (fleet.State.Phase, fleet.State.Wave, fleet.Counts.Healthy));
        fleet.Apply(RolloutVerb.Promote);
        fleet.Run(500);

        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
    }

    [Fact]
    public void Pause_TellsNobody_AndResumeGoesOnWhereItWas()
    {
        SimulatedFleet fleet = Fleet(20);
        fleet.Run(30, () => fleet.State.Wave == 1);
        fleet.Run(1, () => false);
        fleet.Apply(RolloutVerb.Pause);
        int told = fleet.Told.Count;

        fleet.Run(300, () => false);
        Assert.Equal(told, fleet.Told.Count);
        fleet.Apply(RolloutVerb.Resume);
        fleet.Run(1000);

        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
    }

    [Fact]
    public void Abort_TakesBackWhatWasTold_AndResumeTriesAgain()
    {
        SimulatedFleet fleet = Fleet(20);
        fleet.Run(60, () => fleet.State.Wave == 1);
        fleet.Run(3, () => false);

        fleet.Apply(RolloutVerb.Abort);
        fleet.Run(5);
        Assert.Equal((RolloutPhase.RolledBack, "aborted by an operator"), (fleet.State.Phase, fleet.State.Reason));
        Assert.All(fleet.Members, member => Assert.Equal(1, member.Assigned));
        fleet.Apply(RolloutVerb.Resume);
        fleet.Run(1000);

        Assert.Equal((RolloutPhase.Complete, 2), (fleet.State.Phase, fleet.State.Attempt));
    }

    [Fact]
    public void Rollback_OfACompleteRollout_GoesToTheGoodRevisionBefore()
    {
        SimulatedFleet fleet = Fleet(5);
        fleet.Run(1000);

        fleet.Apply(RolloutVerb.Rollback, previous: 1);
        fleet.Run(5);

        Assert.Equal(RolloutPhase.RolledBack, fleet.State.Phase);
        Assert.All(fleet.Members, member => Assert.Equal(1, member.Assigned));
    }

    [Theory]
    [InlineData("Pause", "Complete", "pause: expected a rollout that goes on, found one that is Complete")]
    [InlineData("Resume", "Progressing", "resume: expected a rollout that is paused or rolled back, found one that is Progressing")]
    [InlineData("Promote", "RolledBack", "promote: expected a rollout that goes on, found one that is RolledBack")]
    [InlineData("Approve", "Soaking", "approve: expected a rollout that awaits approval, found one that is Soaking")]
    [InlineData("Abort", "Complete", "abort: expected a rollout that goes on, found one that is Complete")]
    [InlineData("Rollback", "RollingBack", "rollback: expected a rollout that goes on or is complete, found one that is RollingBack")]
    [InlineData("Rollback", "Complete", "rollback: expected a good revision before this one, found none")]
    public void Verb_AtTheWrongTime_IsRefusedInWords(string verb, string phase, string expected)
    {
        RolloutState state = RolloutDecisions.Begin(null, 2, 1, s_begin) with { Phase = Enum.Parse<RolloutPhase>(phase) };

        Assert.Same(state, VerbDecisions.Apply(state, s_strategy, Enum.Parse<RolloutVerb>(verb), 0, s_begin, out string refusal));

        Assert.Equal(expected, refusal);
    }

    [Fact]
    public void Windows_OfEachZone_DecideWhenADeviceIsTold()
    {
        SimulatedFleet fleet = Fleet(2);
        fleet.Strategy = new RolloutStrategy
        {
            Windows = new MaintenanceWindows("UTC", [], [new DailyWindow([], 22 * 60, 23 * 60)]), MaxUnavailable = Amount.All, SoakSeconds = 0,
        };
        fleet["edge-1"].Zone = "Asia/Tokyo";

        fleet.Run(24 * 3600, step: 60);

        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
        Assert.Equal([("edge-1", 13), ("edge-0", 22)], fleet.Told.Select(told => (told.Device, told.At.Hour)));
    }

    [Fact]
    public void Windows_ForDownloadAndSwitchOver_FetchFirstAndReplaceLater()
    {
        SimulatedFleet fleet = WindowFleet();

        fleet.Run(24 * 3600, () => fleet["edge-0"].Prefetching == 2, step: 60);
        Assert.Equal((20, 0), (fleet.Now.Hour, fleet.Told.Count));
        fleet["edge-0"].HasImage = true;
        fleet.Run(24 * 3600, step: 60);

        Assert.Equal((22, 1), (Assert.Single(fleet.Told).At.Hour, fleet.Told[0].At.Day));
    }

    [Fact]
    public void Windows_WhoseDownloadIsNotDone_EndItAndTryInTheNext()
    {
        SimulatedFleet fleet = WindowFleet();

        fleet.Run(11 * 3600, () => false, step: 60);
        Assert.Equal((23, 0, 0), (fleet.Now.Hour, fleet["edge-0"].Prefetching, fleet.Told.Count));
        fleet.Run(24 * 3600, () => fleet["edge-0"].Prefetching == 2, step: 60);
        fleet["edge-0"].HasImage = true;
        fleet.Run(24 * 3600, step: 60);

        Assert.Equal((22, 2), (Assert.Single(fleet.Told).At.Hour, fleet.Told[0].At.Day));
    }

    [Fact]
    public void Prefetch_OfARevisionThatGoesBack_Ends()
    {
        SimulatedFleet fleet = WindowFleet();
        fleet.Run(24 * 3600, () => fleet["edge-0"].Prefetching == 2, step: 60);

        fleet.Apply(RolloutVerb.Abort);
        fleet.Run(60, () => false);

        Assert.Equal((RolloutPhase.RolledBack, 0), (fleet.State.Phase, fleet["edge-0"].Prefetching));
    }

    /// <summary>One device that fetches from 20:00 to 21:00 and switches over from 22:00 to 23:00.</summary>
    private static SimulatedFleet WindowFleet()
    {
        SimulatedFleet fleet = Fleet(1);
        fleet.Strategy = new RolloutStrategy
        {
            Windows = new MaintenanceWindows("UTC", [new DailyWindow([], 20 * 60, 21 * 60)], [new DailyWindow([], 22 * 60, 23 * 60)]), SoakSeconds = 0,
        };
        return fleet;
    }

    [Fact]
    public void Immediate_TellsEveryDeviceAtOnce_WhoeverIsAway()
    {
        SimulatedFleet fleet = Fleet(10);
        fleet.Strategy = null;
        fleet["edge-4"].Online = false;

        fleet.Run(1);
        Assert.All(fleet.Members, member => Assert.Equal(2, member.Assigned));
        fleet.Run(100);

        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
    }

    private static SimulatedFleet Fleet(int count, bool good = true, int assigned = 1, int fallback = 1)
    {
        SimulatedFleet fleet = new(1, s_strategy, RolloutDecisions.Begin(null, 2, fallback, s_begin));
        for (int i = 0; i < count; i++)
        {
            fleet.Add($"edge-{i}", assigned).IsGood = revision => good || revision == 1;
        }

        return fleet;
    }
}
