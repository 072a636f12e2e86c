using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Tests.Vms;

public sealed class VmRunEndTests
{
    private static readonly DateTimeOffset s_started = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 0, 1, 1)]
    [InlineData(1, 3, 4, 8)]
    [InlineData(599, 20, 21, 300)]
    [InlineData(600, 20, 1, 1)]
    public void Apply_CrashLoop_BacksOffUntilARunWasLong(int livedSeconds, int crashesBefore, int crashes, int delaySeconds)
    {
        DateTimeOffset end = s_started.AddSeconds(livedSeconds);
        VmRecord record = Record(crashesBefore);

        VmRecord after = new VmRunEnd(new VmExit(null, "gone", end), WasStopped: false, end, Fraction: 1).Apply(record);

        Assert.Equal((crashes, end.AddSeconds(delaySeconds)), (after.Crashes, after.RetryAt));
        Assert.Equal("gone", after.Exit!.Message);
    }

    [Fact]
    public void Apply_CompletedWorkload_StaysCompleted()
    {
        VmRecord record = Record(0) with { Spec = Specs.Vm(policy: RestartPolicy.OnFailure), Exit = new VmExit(0, "", s_started) };

        Assert.Equal(VmPhase.Completed, new VmRunEnd(new VmExit(null, "", s_started), false, s_started, 1).Apply(record).Phase);
    }

    [Fact]
    public void Apply_FailureForGood_IsNotTriedAgainWhateverItsPolicy()
    {
        VmExit refused = new(null, "vcpu_count: expected 1 to 4, found 9", s_started, JudgedBy: "1.0");

        VmRecord after = new VmRunEnd(refused, false, s_started, 1).Apply(Record(0));

        Assert.Equal((VmPhase.Failed, null, "VmmRefused"), (after.Phase, after.RetryAt, after.Exit!.Reason));
    }

    [Fact]
    public void Apply_Stopped_IsAsIfItHadNeverEnded()
    {
        VmRecord record = Record(5) with { Exit = new VmExit(143, "", s_started), LastExitCode = 143 };

        VmRecord after = new VmRunEnd(new VmExit(null, "", s_started), WasStopped: true, s_started, 1).Apply(record);

        Assert.Equal((null, null, 0, null, VmPhase.Pending, 143),
            (after.Run, after.Exit, after.Crashes, after.RetryAt, after.Phase, after.LastExitCode));
    }

    private static VmRecord Record(int crashes) => new()
    {
        Spec = Specs.Vm(),
        Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_started),
        Crashes = crashes,
        Phase = VmPhase.Running,
    };
}
