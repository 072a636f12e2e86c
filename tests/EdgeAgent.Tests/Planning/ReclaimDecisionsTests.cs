using CsCheck;
using MicroVm.EdgeAgent.Planning;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Planning;

public sealed class ReclaimDecisionsTests
{
    private const int Iterations = 2_000;

    private static readonly Gen<ElasticVm[]> s_vms = Gen.Select(Gen.Int[0, 9], Gen.Int[-2, 2], Gen.Int[0, 96], Gen.Int[0, 96])
        .Select(static (name, priority, granted, held) => Vm($"vm-{name}", priority, 32 + granted, 32 + held))
        .Array[0, 6].Select(static vms => vms.DistinctBy(static vm => vm.Vm).ToArray());

    private static readonly Gen<MemoryWait[]> s_waits = Gen.Select(Gen.Int[0, 9], Gen.Int[-2, 2], Gen.Int[-100, 200], Gen.Int[0, 60])
        .Select(static (name, priority, free, seconds) => Wait($"wait-{name}", priority, free, seconds))
        .Array[0, 4].Select(static waits => waits.DistinctBy(static wait => wait.Vm).ToArray());

    [Fact]
    public void Decide_ImportantOneWaitsForWhatOthersKeep_RestartsTheLowestAndSaysTheNumbers()
    {
        MemoryReclaim? reclaim = ReclaimDecisions.Decide(
            [Wait("till", 5, 100, 30)], [Vm("high", 4, 32, 80), Vm("low", 1, 40, 92), Vm("fits", 0, 64, 64)]);

        Assert.Equal(
            new MemoryReclaim(
                ResourceName.Parse("low"),
                "held 92 MiB where 40 were granted; till, which goes before it, has waited 30 s for 136 MiB, of which 100 are free"),
            reclaim);
    }

    [Theory]
    [InlineData(5, 100, 29)]
    [InlineData(1, 100, 30)]
    [InlineData(5, 136, 30)]
    [InlineData(5, 75, 30)]
    public void Decide_TooSoonNotLowerNotLackingOrNotOfTheirMaking_RestartsNobody(int priority, int free, int seconds) =>
        Assert.Null(ReclaimDecisions.Decide([Wait("till", priority, free, seconds)], [Vm("low", 1, 32, 92)]));

    [Fact]
    public void Decide_AnyDevice_RestartsOnlyOneThatIsLowerAndHoldsTooMuchAndOnlyWhenItHelps() => Gen.Select(s_waits, s_vms).Sample((waits, vms) =>
    {
        if (ReclaimDecisions.Decide(waits, vms) is not MemoryReclaim reclaim)
        {
            return;
        }

        ElasticVm victim = vms.Single(vm => vm.Vm == reclaim.Vm);
        Assert.True(victim.HeldMib > victim.GrantedMib);
        Assert.Contains(waits, wait => wait.Priority > victim.Priority && wait.Waited >= ReclaimDecisions.Patience && wait.LackingMib > 0
            && wait.LackingMib <= vms.Where(vm => vm.Priority < wait.Priority).Sum(vm => Math.Max(0, vm.HeldMib - vm.MinMib)));
        Assert.DoesNotContain(vms, vm => vm.Priority < victim.Priority && vm.HeldMib > vm.GrantedMib);
    }, iter: Iterations);

    private static ElasticVm Vm(string name, int priority, int granted, int held) => new(ResourceName.Parse(name), priority, 32, 128, granted, held, 0);

    private static MemoryWait Wait(string name, int priority, int free, int seconds) =>
        new(ResourceName.Parse(name), priority, 136, free, TimeSpan.FromSeconds(seconds));
}
