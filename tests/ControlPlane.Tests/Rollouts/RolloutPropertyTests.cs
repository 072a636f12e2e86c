using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Grains.Rollouts;

namespace MicroVm.ControlPlane.Tests.Rollouts;

/// <summary>What holds for every rollout: random fleets, strategies, faults and kills, each from a seed that the test names.</summary>
public sealed class RolloutPropertyTests
{
    private const int Seeds = 40, LongestSeconds = 200_000;

    public static TheoryData<int> Batches => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Batches))]
    public void GoodRevision_WhateverHappens_ReachesEveryDevice(int batch) => ForEachSeed(batch, seed =>
    {
        SimulatedFleet fleet = Make(seed, killPermille: 0);

        Finish(fleet);

        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
        Settle(fleet);
        Assert.All(fleet.Members, member => Assert.Equal(2, member.Reported));
    });

    [Theory]
    [MemberData(nameof(Batches))]
    public void GoodRevision_KilledBetweenAnyTwoSteps_ReachesEveryDevice(int batch) => ForEachSeed(batch, seed =>
    {
        SimulatedFleet fleet = Make(seed, killPermille: 150);

        Finish(fleet);

        Assert.Equal(RolloutPhase.Complete, fleet.State.Phase);
        Settle(fleet);
        Assert.All(fleet.Members, member => Assert.Equal(2, member.Reported));
    });

    [Theory]
    [MemberData(nameof(Batches))]
    public void BadRevision_KilledBetweenAnyTwoSteps_IsTakenBackAndFewSawIt(int batch) => ForEachSeed(batch, seed =>
    {
        SimulatedFleet fleet = Make(seed, killPermille: seed % 2 == 0 ? 150 : 0);
        foreach (SimulatedFleet.Member member in fleet.Members)
        {
            member.IsGood = revision => revision == 1;
        }

        Finish(fleet);

        Assert.Equal(RolloutPhase.RolledBack, fleet.State.Phase);
        Assert.Contains("bad image", fleet.State.Reason, StringComparison.Ordinal);
        Assert.All(fleet.Members, member => Assert.Equal(1, member.Assigned));
        // Nobody is healthy in it, so that nobody is let in beyond the limit of failures and those on their way beside them.
        int saw = fleet.Told.Where(told => told.Revision == 2).Select(told => told.Device).Distinct().Count();
        int most = fleet.Strategy!.FailureThreshold.Of(fleet.Members.Count) + fleet.Strategy.MaxUnavailable.Of(fleet.Members.Count);
        Assert.InRange(saw, 1, most + fleet.Members.Count(member => member.Presence is not null));
    });

    [Theory]
    [MemberData(nameof(Batches))]
    public void Rollout_ReadAgainAfterEachStep_GoesTheSameWay(int batch) => ForEachSeed(batch, seed =>
    {
        SimulatedFleet straight = Make(seed, killPermille: 0), reloaded = Make(seed, killPermille: 0);

        Finish(straight);
        Finish(reloaded, reload: true);

        Assert.Equal(straight.State, reloaded.State);
        Assert.Equal(straight.Told, reloaded.Told);
    });

    [Theory]
    [MemberData(nameof(Batches))]
    public void Rate_OfAnyMinute_IsHeldToTwoOfThem(int batch) => ForEachSeed(batch, seed =>
    {
        SimulatedFleet fleet = Make(seed, killPermille: 0);
        fleet.Strategy = fleet.Strategy! with { RatePerMinute = 1 + (seed % 4), MaxUnavailable = Amount.All };

        Finish(fleet);

        List<(DateTimeOffset At, string Device, int Revision)> newly = [.. fleet.Told.Where(told => told.Revision == 2)];
        foreach ((DateTimeOffset at, _, _) in newly)
        {
            int within = newly.Count(told => told.At >= at && told.At < at + TimeSpan.FromMinutes(1));
            Assert.InRange(within, 0, 2 * fleet.Strategy.RatePerMinute!.Value);
        }
    });

    [Fact]
    public void FailedRollout_NeverBlocksTheNext() => ForEachSeed(0, seed =>
    {
        SimulatedFleet fleet = Make(seed, killPermille: 0);
        foreach (SimulatedFleet.Member member in fleet.Members)
        {
            member.IsGood = revision => revision != 2;
        }

        // The next comes in the middle of the failing one, or after it.
        fleet.Run(seed % 60, () => false);
        fleet.State = RolloutDecisions.Begin(fleet.State, 3, 1, fleet.Now);
        Finish(fleet);

        Assert.Equal((RolloutPhase.Complete, 3), (fleet.State.Phase, fleet.State.Revision));
        Settle(fleet);
        Assert.All(fleet.Members, member => Assert.Equal(3, member.Reported));
    });

    private static void ForEachSeed(int batch, Action<int> test)
    {
        for (int seed = batch * Seeds; seed < (batch + 1) * Seeds; seed++)
        {
            try
            {
                test(seed);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
    }

    /// <summary>Approves whatever has to be approved until it is over.</summary>
    private static void Finish(SimulatedFleet fleet, bool reload = false)
    {
        for (int i = 0; i < LongestSeconds && !fleet.IsOver; i++)
        {
            fleet.Run(1);
            if (reload)
            {
                fleet.Reload();
            }

            if (fleet.State is { Phase: RolloutPhase.AwaitingApproval, IsApproved: false })
            {
                fleet.Apply(RolloutVerb.Approve);
            }
        }

        Assert.True(fleet.IsOver, $"it goes on for ever: {fleet.State} {fleet.Counts}");
    }

    /// <summary>Lets devices that were away come and get what they have to.</summary>
    private static void Settle(SimulatedFleet fleet)
    {
        foreach (SimulatedFleet.Member member in fleet.Members)
        {
            (member.Presence, member.Online) = (null, true);
        }

        fleet.Run(20_000, () => fleet.Members.All(member => member.Reported == fleet.State.Revision));
    }

    private static SimulatedFleet Make(int seed, int killPermille)
    {
        Random random = new(seed);
        int count = random.Next(1, 40);
        RolloutStrategy strategy = new()
        {
            Canary = random.Next(4) switch
            {
                0 => new CanaryRule(new Amount(random.Next(1, 4), false), null),
                1 => new CanaryRule(new Amount(random.Next(1, 30), true), null),
                2 => new CanaryRule(null, Kit.Samples.Selector(("ring", "canary"))),
                _ => null,
            },
            Waves = random.Next(3) switch { 0 => [], 1 => [new Amount(30, true), new Amount(60, true)], _ => [new Amount(3, false), new Amount(50, true), Amount.All] },
            MaxUnavailable = random.Next(2) == 0 ? new Amount(random.Next(1, 6), false) : new Amount(random.Next(1, 101), true),
            RatePerMinute = random.Next(3) == 0 ? random.Next(1, 20) : null,
            SoakSeconds = random.Next(0, 30),
            Gate = new HealthGate(random.Next(0, 15)),
            FailureThreshold = random.Next(2) == 0 ? new Amount(random.Next(1, 4), false) : new Amount(random.Next(1, 40), true),
            ProgressDeadlineSeconds = 120,
            OfflineDeadlineSeconds = 40,
            ManualApproval = random.Next(4) == 0,
        };
        RolloutState begun = RolloutDecisions.Begin(null, 2, 1, new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        SimulatedFleet fleet = new(seed, strategy, begun) { KillPermille = killPermille };
        for (int i = 0; i < count; i++)
        {
            SimulatedFleet.Member member = fleet.Add($"edge-{i}", assigned: random.Next(8) == 0 ? 0 : 1);
            member.Seconds = random.Next(0, 20);
            member.IsCanary = random.Next(5) == 0;
            if (random.Next(4) == 0 && i > 0)
            {
                // Comes and goes, or is away for very long.
                int period = random.Next(10, 300), offset = random.Next(300), away = random.Next(3) == 0 ? 100 : random.Next(0, 80);
                member.Presence = now => (now.ToUnixTimeSeconds() + offset) / period % 100 >= away;
            }
        }

        return fleet;
    }
}
