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

    private static void ForEachCut(string firstName, string newAgent, Action<SlotBench, AgentSlot, AgentSlot> check)
    {
        AgentSlot first = Enum.Parse<AgentSlot>(firstName);
        for (int cut = 0; cut <= MostChanges; cut++)
        {
            using SlotBench bench = new(first) { CutBefore = cut, NewAgent = newAgent };
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
