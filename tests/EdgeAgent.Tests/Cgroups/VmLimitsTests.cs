using CsCheck;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Tests.Cgroups;

public sealed class VmLimitsTests
{
    private static readonly Gen<VmSpec> s_specs = Gen.Select(
        Gen.Int[VmSpec.MinPriority, VmSpec.MaxPriority], Gen.Int[VmSpec.MinMemoryMib, 8192], Gen.Int[VmSpec.MinMemoryMib, 8192], Gen.Bool)
        .Select((priority, one, other, elastic) => Specs.Vm() with
        {
            Priority = priority, MemoryMib = Math.Max(one, other), MemoryMinMib = elastic ? Math.Min(one, other) : 0,
        });

    [Fact]
    public void Of_AnyVm_LeavesRoomForMoreThanItCosts() => s_specs.Sample(spec =>
        VmLimits.Of(spec).MemoryBytes >= (long)(spec.MemoryMib + MemoryDemand.OverheadMib) << 20);

    [Fact]
    public void Of_ElasticVm_GoesBeforeAnyGuaranteedOneThatHoldsNineTenths() => Gen.Select(s_specs, s_specs).Sample((elastic, other) =>
    {
        if (MemoryDemand.IsElastic(elastic) && !MemoryDemand.IsElastic(other))
        {
            Assert.True(VmLimits.Of(elastic).OomScoreAdjust >= VmLimits.Of(other).OomScoreAdjust + 900);
        }
    });

    [Fact]
    public void Of_OfTheSameKind_TheOneOfLessPriorityGoesFirstAndTheAgentLast() => Gen.Select(s_specs, s_specs).Sample((one, other) =>
    {
        VmLimits limits = VmLimits.Of(one);
        Assert.InRange(limits.OomScoreAdjust, VmLimits.AgentOomScoreAdjust + 1, 1000);
        if (MemoryDemand.IsElastic(one) == MemoryDemand.IsElastic(other) && one.Priority <= other.Priority)
        {
            Assert.True(limits.OomScoreAdjust >= VmLimits.Of(other).OomScoreAdjust);
            Assert.True(limits.CpuWeight <= VmLimits.Of(other).CpuWeight);
        }
    });

    [Theory]
    [InlineData(-1000, 10)]
    [InlineData(0, 100)]
    [InlineData(1000, 1000)]
    public void Of_Priority_IsItsShareOfTheProcessors(int priority, int weight) =>
        Assert.Equal(weight, VmLimits.Of(Specs.Vm() with { Priority = priority }).CpuWeight);
}
