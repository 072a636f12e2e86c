using CsCheck;
using MicroVm.EdgeAgent.Planning;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Planning;

public sealed class MemoryDecisionsTests
{
    private static readonly Gen<ElasticVm> s_vm =
        from id in Gen.Int[0, 30]
        from priority in Gen.Int[-2, 2]
        from min in Gen.Int[32, 200]
        from more in Gen.Int[0, 400]
        from granted in Gen.Int[0, 700]
        from held in Gen.Int[0, 700]
        from available in Gen.Int[-1, 700]
        from calm in Gen.Int[0, MemoryDecisions.CalmTicks]
        select new ElasticVm(
            ResourceName.Parse($"vm-{id}"), priority, min, min + more, granted, Math.Min(held, min + more), available < 0 ? null : Math.Min(available, held), calm);

    private static readonly Gen<(ElasticVm[] Vms, int Room, HostPressure Pressure)> s_world = Gen.Select(
        s_vm.Array[0, 10].Select(static vms => vms.DistinctBy(static vm => vm.Vm).ToArray()), Gen.Int[0, 3000], Gen.Int[0, 2].Select(static value => (HostPressure)value));

    [Fact]
    public void Next_AnyReadings_NobodyLeavesItsBoundsAndAllStayWithinTheRoom() => s_world.Sample(world =>
    {
        IReadOnlyList<ElasticVm> next = Next(world);

        Assert.All(next, static vm => Assert.InRange(vm.GrantedMib, vm.MinMib, vm.MaxMib));
        int least = world.Vms.Sum(static vm => vm.MinMib);
        Assert.True(next.Sum(static vm => vm.GrantedMib) <= Math.Max(least, world.Room));
    });

    [Fact]
    public void Next_AnyReadings_NobodyIsRaisedByWhatAnotherStillHolds() => s_world.Sample(world =>
    {
        IReadOnlyList<ElasticVm> next = Next(world);

        foreach (ElasticVm vm in next)
        {
            ElasticVm before = world.Vms.Single(one => one.Vm == vm.Vm);
            if (vm.GrantedMib > Math.Max(before.CountedMib, before.MinMib))
            {
                Assert.True(next.Sum(static one => one.CountedMib) <= world.Room);
            }
        }
    });

    [Fact]
    public void Next_AnyReadings_GrantsRiseByAStepAtMostAndNotUnderPressure() => s_world.Sample(world =>
    {
        foreach (ElasticVm vm in Next(world))
        {
            ElasticVm before = world.Vms.Single(one => one.Vm == vm.Vm);
            int from = Math.Clamp(before.GrantedMib, before.MinMib, before.MaxMib);
            Assert.True(vm.GrantedMib <= from + before.StepMib);
            Assert.True(world.Pressure == HostPressure.None || vm.GrantedMib <= from);
        }
    });

    [Fact]
    public void Next_AnyReadings_NobodyIsLoweredForOneOfLessPriorityUnlessItHasTooMuch() => s_world.Sample(world =>
    {
        if (world.Pressure != HostPressure.None || world.Vms.Sum(static vm => Math.Max(vm.GrantedMib, vm.MinMib)) > world.Room)
        {
            return;
        }

        foreach (ElasticVm vm in Next(world))
        {
            ElasticVm before = world.Vms.Single(one => one.Vm == vm.Vm);
            int from = Math.Clamp(before.GrantedMib, before.MinMib, before.MaxMib);
            bool shortOneBefore = world.Vms.Any(one => one.Priority > before.Priority && one.AvailableAt(one.GrantedMib) < one.LowMib);
            Assert.True(vm.GrantedMib >= Math.Min(from, shortOneBefore ? before.TightMib : before.FittingMib) || before.AvailableMib is null);
        }
    });

    [Fact]
    public void Next_AnyUse_GrantsComeToRest() => Gen.Select(s_world, Gen.Int[0, 300].Array[10]).Sample((world, use) =>
    {
        IReadOnlyList<ElasticVm> vms = world.Vms;
        IReadOnlyList<ElasticVm> before = vms;
        int[] used = [.. Enumerable.Range(0, 31).Select(i => use[i % use.Length])];
        for (int tick = 0; tick < 400; tick++)
        {
            before = vms;
            // Guests that do as they are told and use what they use.
            vms = Next(([.. vms.Select(vm => Follow(vm, used[int.Parse(vm.Vm.Value[3..])]))], world.Room, HostPressure.None));
        }

        Assert.All(before, vm => Assert.Equal(vm.GrantedMib, vms.Single(one => one.Vm == vm.Vm).GrantedMib));
    }, iter: 300);

    [Fact]
    public void Next_LoadMoves_MemoryMovesWithIt()
    {
        // Room for one of the two at its most and the other at its least.
        IReadOnlyList<ElasticVm> vms = [Vm("a"), Vm("b")];
        vms = Run(vms, ("a", 100), ("b", 20));
        Assert.Equal((true, 32), (Granted(vms, "a") >= 112, Granted(vms, "b")));

        vms = Run(vms, ("a", 20), ("b", 100));

        Assert.Equal((true, true), (Granted(vms, "a") <= 48, Granted(vms, "b") >= 112));
    }

    [Fact]
    public void Next_BothAreShort_TheOneOfHigherPriorityHasTheRest()
    {
        IReadOnlyList<ElasticVm> vms = Run([Vm("a"), Vm("b") with { Priority = 1 }], ("a", 90), ("b", 90));

        Assert.Equal((48, 112), (Granted(vms, "a"), Granted(vms, "b")));
    }

    [Fact]
    public void Next_RoomShrinks_TheOneOfLeastPriorityGivesFirstAndWhatItUsesLast()
    {
        ElasticVm low = Vm("low") with { Priority = -1, GrantedMib = 100, HeldMib = 100, AvailableMib = 60 };
        ElasticVm high = Vm("high") with { GrantedMib = 100, HeldMib = 100, AvailableMib = 60 };

        Assert.Equal([100, 80], Next(([low, high], 180, HostPressure.None)).Select(static vm => vm.GrantedMib));
        // 40 are used, and 8 more keep it from being short.
        Assert.Equal([82, 48], Next(([low, high], 130, HostPressure.None)).Select(static vm => vm.GrantedMib));
        Assert.Equal([48, 32], Next(([low, high], 80, HostPressure.None)).Select(static vm => vm.GrantedMib));
    }

    [Fact]
    public void Next_DeviceIsInNeed_AllGiveAtOnce()
    {
        ElasticVm vm = Vm("a") with { GrantedMib = 128, HeldMib = 128, AvailableMib = 90 };

        Assert.Equal(112, Next(([vm], 1000, HostPressure.Some))[0].GrantedMib);
        Assert.Equal(64, Next(([vm], 1000, HostPressure.High))[0].GrantedMib);
    }

    [Fact]
    public void Next_GuestTookMemoryBackItself_IsGrantedItWhereThereIsRoom()
    {
        ElasticVm vm = Vm("a") with { GrantedMib = 40, HeldMib = 52, AvailableMib = 2 };

        Assert.Equal(56, Next(([vm], 1000, HostPressure.None))[0].GrantedMib);
        Assert.Equal(52, Next(([vm], 52, HostPressure.None))[0].GrantedMib);
        Assert.Equal(40, Next(([vm], 45, HostPressure.None))[0].GrantedMib);
    }

    private static ElasticVm Follow(ElasticVm vm, int used)
    {
        int granted = Math.Clamp(vm.GrantedMib, vm.MinMib, vm.MaxMib);
        return vm with { HeldMib = granted, AvailableMib = Math.Max(0, granted - used) };
    }

    private static IReadOnlyList<ElasticVm> Run(IReadOnlyList<ElasticVm> vms, params (string Name, int Used)[] load)
    {
        for (int tick = 0; tick < 60; tick++)
        {
            vms = Next(([.. vms.Select(vm => Follow(vm, load.Single(one => one.Name == vm.Vm.Value).Used))], 32 + 128, HostPressure.None));
        }

        return vms;
    }

    private static int Granted(IReadOnlyList<ElasticVm> vms, string name) => vms.Single(vm => vm.Vm.Value == name).GrantedMib;

    private static ElasticVm Vm(string name) => new(ResourceName.Parse(name), 0, 32, 128, 32, 32, 16);

    private static IReadOnlyList<ElasticVm> Next((ElasticVm[] Vms, int Room, HostPressure Pressure) world) =>
        MemoryDecisions.Next(world.Vms, world.Room, world.Pressure);
}
