using CsCheck;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Planning;

public sealed class AdmissionDecisionsTests
{
    private static readonly Gen<MemoryDemand[]> s_demands = Gen
        .Select(Gen.Int[0, 20], Gen.Int[-2, 2], Gen.Int[40, 300], Gen.Int[0, 300])
        .Select(one => new MemoryDemand(ResourceName.Parse($"vm-{one.Item1}"), one.Item2, one.Item3, one.Item4 < 40 ? 0 : one.Item4))
        .Array[0, 12]
        .Select(demands => demands.DistinctBy(demand => demand.Vm).ToArray());

    [Fact]
    public void Decide_NotEnoughForAll_GoesByPriorityThenNameAndSaysTheNumbers()
    {
        IReadOnlyDictionary<ResourceName, MemoryVerdict> verdicts = AdmissionDecisions.Decide(
            [Demand("c", 0, 100), Demand("a", 0, 100), Demand("low", -1, 100), Demand("high", 5, 150)], 300);

        Assert.Equal(["a", "high"], verdicts.Where(pair => pair.Value.Fits).Select(pair => pair.Key.Value).Order(StringComparer.Ordinal));
        Assert.Equal(
            "needs 100 MiB with its VMM; the device has 300 MiB for VMs, of which 250 MiB are for high, a, which go before it",
            verdicts[ResourceName.Parse("c")].Message);
    }

    [Fact]
    public void Decide_TooLargeForTheDevice_BlamesNobody() => Assert.Equal(
        "needs 301 MiB with its VMM; the device has 300 MiB for VMs",
        AdmissionDecisions.Decide([Demand("a", 0, 301), Demand("b", -1, 10)], 300)[ResourceName.Parse("a")].Message);

    [Theory]
    [InlineData(150, true)]
    [InlineData(151, false)]
    public void Decide_WhatRanBeforeNeedsMore_StandsInOnlyInWhatThoseBeforeItLeave(int standIn, bool fits)
    {
        IReadOnlyDictionary<ResourceName, MemoryVerdict> verdicts = AdmissionDecisions.Decide(
            [Demand("high", 1, 150), Demand("a", 0, 100) with { StandInMib = standIn }, Demand("low", -1, 100)], 300);

        Assert.Equal((true, fits), (verdicts[ResourceName.Parse("a")].Fits, verdicts[ResourceName.Parse("a")].StandInFits));
    }

    [Fact]
    public void Decide_ReplacementDoesNotFit_WhatRunsGoesOnAndHoldsItsMemory()
    {
        IReadOnlyDictionary<ResourceName, MemoryVerdict> verdicts = AdmissionDecisions.Decide(
            [Demand("a", 1, 200) with { RunningMib = 100 }, Demand("b", 0, 60)], 150);

        Assert.Equal((false, true), (verdicts[ResourceName.Parse("a")].Fits, verdicts[ResourceName.Parse("a")].KeepsRunning));
        Assert.False(verdicts[ResourceName.Parse("b")].Fits);
    }

    [Fact]
    public void Decide_AnyDemands_NeverGivesMoreThanThereIsAndNoneGoesWithoutWhileItWouldFit() => Gen.Select(s_demands, Gen.Int[0, 1500]).Sample((demands, budget) =>
    {
        IReadOnlyDictionary<ResourceName, MemoryVerdict> verdicts = AdmissionDecisions.Decide(demands, budget);
        long held = demands.Sum(demand => verdicts[demand.Vm] switch
        {
            { Fits: true } => demand.CostMib,
            { KeepsRunning: true } => demand.RunningMib,
            _ => 0,
        });
        Assert.True(held <= budget);
        Assert.All(demands.Where(demand => !verdicts[demand.Vm].Fits), demand => Assert.True(demand.CostMib > budget - held));
        Assert.Equal(verdicts, AdmissionDecisions.Decide(demands.Reverse(), budget));
    });

    [Fact]
    public void CostOf_ElasticVm_IsWhatItAlwaysHas()
    {
        Assert.Equal(128 + MemoryDemand.OverheadMib, MemoryDemand.CostOf(Specs.Vm()));
        Assert.Equal(64 + MemoryDemand.OverheadMib, MemoryDemand.CostOf(Specs.Vm() with { MemoryMinMib = 64 }));
    }

    private static MemoryDemand Demand(string name, int priority, int cost) => new(ResourceName.Parse(name), priority, cost);
}
