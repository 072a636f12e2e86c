using MicroVm.EdgeAgent.Update;

namespace MicroVm.EdgeAgent.Tests.Update;

/// <summary>Power fails before each change of the disk, one run for each: the device always ends where it would have ended.</summary>
public sealed class SlotPowerCutTests
{
    private const int MostChanges = 60;

    public static TheoryData<string> Firsts => [nameof(AgentSlot.Base), nameof(AgentSlot.A), nameof(AgentSlot.B)];

    [Theory]
    [MemberData(nameof(Firsts))]
    public void Update_ToAnAgentThatWorks_EndsWithIt(string first) => ForEachCut(first, "", static (bench, old, last) =>
    {
        UpdateDiskState disk = bench.Slots(last).Read();
        Assert.NotEqual(old, last);
        Assert.Equal((SlotBench.Target.Digest, last), (disk.RunningRelease?.Digest, disk.Current));
        Assert.Null(disk.Failed);
    });

    [Theory]
    [MemberData(nameof(Firsts))]
    public void Update_ToAnAgentThatCannotConnect_EndsWithTheOldOneAndIsRemembered(string first) => ForEachCut(first, "offline", static (bench, old, last) =>
    {
        UpdateDiskState disk = bench.Slots(last).Read();
        Assert.Equal((old, old), (last, disk.Current));
        Assert.Equal((SlotBench.Target.Digest, "not connected within 300 s"), (disk.Failed?.Digest, disk.Failed?.Reason));
    });

    [Theory]
    [MemberData(nameof(Firsts))]
    public void Update_ToAnAgentThatCrashes_EndsWithTheOldOneAndIsRemembered(string first) => ForEachCut(first, "crash", static (bench, old, last) =>
    {
        UpdateDiskState disk = bench.Slots(last).Read();
        Assert.Equal((old, old), (last, disk.Current));
        Assert.Equal(SlotBench.Target.Digest, disk.Failed?.Digest);
        Assert.Equal(5, bench.NewStarts);
    });

    [Fact]
    public void Update_WithALauncherOfOtherSlots_EndsWithTheOldOneAndIsRemembered() =>
        ForEachCut(static cut => new SlotBench(AgentSlot.Base) { CutBefore = cut, HasForeignLauncher = true }, AgentSlot.Base, NeverStarted);

    [Theory]
    [MemberData(nameof(Firsts))]
    public void Update_WhoseStartsCannotBeCounted_EndsWithTheOldOneAndIsRemembered(string first) => ForEachCut(
        cut => new SlotBench(Enum.Parse<AgentSlot>(first)) { CutBefore = cut, NewAgent = "crash", IsFull = true }, Enum.Parse<AgentSlot>(first), NeverStarted);

    private static void NeverStarted(SlotBench bench, AgentSlot old, AgentSlot last)
    {
        UpdateDiskState disk = bench.Slots(last).Read();
        Assert.Equal((old, old, 0), (last, disk.Current, bench.NewStarts));
        Assert.Equal(SlotBench.Target.Digest, disk.Failed?.Digest);
        Assert.Contains("could not count", disk.Failed?.Reason, StringComparison.Ordinal);
    }

    private static void ForEachCut(string firstName, string newAgent, Action<SlotBench, AgentSlot, AgentSlot> check)
    {
        AgentSlot first = Enum.Parse<AgentSlot>(firstName);
        ForEachCut(cut => new SlotBench(first) { CutBefore = cut, NewAgent = newAgent }, first, check);
    }

    private static void ForEachCut(Func<int, SlotBench> make, AgentSlot first, Action<SlotBench, AgentSlot, AgentSlot> check)
    {
        for (int cut = 0; cut <= MostChanges; cut++)
        {
            using SlotBench bench = make(cut);
            AgentSlot last = bench.RunUntilQuiet();
            check(bench, first, last);
            UpdateDiskState disk = bench.Slots(last).Read();
            Assert.Null(disk.Trial);
            Assert.Equal(last, bench.Launch());
            if (cut > bench.Changes)
            {
                // Nothing was left to be cut.
                return;
            }
        }

        Assert.Fail($"an update takes more than {MostChanges} changes of the disk");
    }
}
