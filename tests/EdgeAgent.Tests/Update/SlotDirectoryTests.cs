using MicroVm.EdgeAgent.Update;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Update;

public sealed class SlotDirectoryTests
{
    private static readonly UpdateTrial s_trial =
        new(AgentSlot.Base, AgentSlot.A, ReleaseVersion.Parse("2.0.0"), Digest.Of("new"u8), WasConnected: true, "it said: no\nand ended");

    [Fact]
    public void Read_NothingThere_IsThePackage()
    {
        using SlotBench bench = new(AgentSlot.Base);
        UpdateDiskState disk = bench.Slots(AgentSlot.Base).Read();
        Assert.Equal((AgentSlot.Base, AgentSlot.Base, AgentSlot.A), (disk.Running, disk.Current, disk.SpareSlot));
        Assert.Equal((null, null, null, 0), (disk.Trial, disk.Failed, disk.Spare, disk.Starts));
    }

    [Fact]
    public void Texts_Written_AreReadAgain()
    {
        Assert.Equal(s_trial with { Reason = "it said: no and ended" }, SlotText.ReadTrial(SlotText.Write(s_trial)));
        FailedRelease failed = new(s_trial.Version, s_trial.Digest, "a = b");
        Assert.Equal(failed, SlotText.ReadFailed(SlotText.Write(failed)));
        SlotRelease release = new(s_trial.Version, s_trial.Digest);
        Assert.Equal(release, SlotText.ReadRelease(SlotText.Write(release)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("=\n==\nversion")]
    [InlineData("previous=base\ncandidate=base\nversion=1.0.0\n")]
    [InlineData("previous=a\ncandidate=../../x\nversion=1.0.0\ndigest=sha256:00\n")]
    public void Trial_ThatMakesNoSense_IsNone(string text) => Assert.Null(SlotText.ReadTrial(text));

    [Fact]
    public void Launch_CurrentSlotWithoutAnAgent_StartsThePackage()
    {
        using SlotBench bench = new(AgentSlot.B);
        File.Delete(bench.Slot("b/microvm-agent"));
        Assert.Equal(AgentSlot.Base, bench.Launch());
    }

    [Theory]
    [InlineData("../../elsewhere")]
    [InlineData("c")]
    public void Launch_CurrentLeadsSomewhereElse_StartsThePackage(string target)
    {
        using SlotBench bench = new(AgentSlot.A);
        File.Delete(bench.Slot("current"));
        File.CreateSymbolicLink(bench.Slot("current"), target);
        Assert.Equal(AgentSlot.Base, bench.Launch());
        Assert.Equal(AgentSlot.Base, bench.Slots(AgentSlot.Base).Read().Current);
    }

    [Fact]
    public void Launch_CountThatIsNoNumber_BeginsAgain()
    {
        using SlotBench bench = new(AgentSlot.A);
        bench.Slots(AgentSlot.B).Arm(s_trial);
        File.WriteAllText(bench.Slot("starts"), "");
        Assert.Equal(AgentSlot.A, bench.Launch());
        Assert.Equal(1, bench.Slots(AgentSlot.A).Read().Starts);
    }

    [Fact]
    public void Launch_LeftoversOfASwitchThatWasCut_AreNoHindrance()
    {
        using SlotBench bench = new(AgentSlot.A);
        File.CreateSymbolicLink(bench.Slot("current.new"), "a");
        Directory.CreateDirectory(bench.Slot("b.new"));
        bench.Slots(AgentSlot.A).Switch(AgentSlot.A);
        Assert.Equal(AgentSlot.A, bench.Launch());
    }
}
